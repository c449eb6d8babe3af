import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../base/log.ts';
import type { Account } from './access.ts';
import type { Pins } from './pins.ts';
import type { PullThrough } from './pull-through.ts';
import type { RegistryStorage } from './storage/storage.ts';

/** The parts of a running registry that handlers use. */
export interface RegistryContext {
  storage: RegistryStorage;
  pins: Pins;
  /** Absent when the registry is not a cache. */
  upstream: PullThrough | undefined;
  log: Log;
  /** Bytes. */
  maxManifestBytes: number;
}

/** One request and its answer. */
export interface Exchange {
  context: RegistryContext;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  account: Account;
}

export function answer(exchange: Exchange, status: number, headers: Record<string, string | number> = {}, body: Buffer | string = ''): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  exchange.response.writeHead(status, { 'content-length': bytes.length, ...headers });
  exchange.response.end(exchange.request.method === 'HEAD' ? undefined : bytes);
}

export function answerJson(exchange: Exchange, value: unknown, headers: Record<string, string> = {}): void {
  answer(exchange, 200, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
}
