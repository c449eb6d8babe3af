import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../base/log.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Account } from './access.ts';
import type { Pins } from './pins.ts';
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

/** A cache of an upstream registry: what is asked for and not here is fetched, verified and kept. */
export interface PullThrough {
  /** Brings the manifest here, or a newer one of the same tag. An upstream that does not answer leaves what is here. @throws Refusal */
  manifest(name: string, reference: string): Promise<void>;
  /** Answers with a blob that is not here yet: what has come goes on to the client while the rest is on its way. */
  blob(exchange: Exchange, target: { name: string; digest: Digest }): Promise<void>;
  /** All tags of the upstream; undefined when it does not answer, or does not know the name. */
  tags(name: string): Promise<string[] | undefined>;
  /** Likewise. */
  referrers(name: string, digest: Digest): Promise<Descriptor[] | undefined>;
}

/** The body as it comes. Who reads no further leaves the request as it is: the rest is read past, or its client would miss the answer. */
export function bodyOf({ request }: Exchange): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false });
}

export function answer(exchange: Exchange, status: number, headers: Record<string, string | number> = {}, body: Buffer | string = ''): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  exchange.response.writeHead(status, { 'content-length': bytes.length, ...headers });
  exchange.response.end(exchange.request.method === 'HEAD' ? undefined : bytes);
}

export function answerJson(exchange: Exchange, value: unknown, headers: Record<string, string> = {}): void {
  answer(exchange, 200, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
}
