import { once } from 'node:events';
import type { Exchange } from './exchange.ts';

/** Answers with one JSON value and a newline. */
export function sendJson(exchange: Exchange, status: number, value: unknown): void {
  sendText(exchange, status, JSON.stringify(value));
}

/** Answers with JSON that is text already, and a newline. */
export function sendText(exchange: Exchange, status: number, json: string): void {
  const body = `${json}\n`;
  exchange.response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }).end(body);
}

export function sendEmpty(exchange: Exchange, status: number): void {
  exchange.response.writeHead(status, status === 204 ? {} : { 'Content-Length': 0 }).end();
}

/** Sends the headers now, so that the client knows the request was taken. */
export function flushHeaders(exchange: Exchange, status: number, headers: Record<string, string>): void {
  exchange.response.writeHead(status, headers);
  exchange.response.flushHeaders();
}

/** Writes one part of a stream and waits while the client is slow. Does nothing when the client is gone. */
export async function writePart(exchange: Exchange, part: string | Uint8Array): Promise<void> {
  const { response, signal } = exchange;
  if (signal.aborted || response.write(part)) return;
  await once(response, 'drain', { signal }).catch(() => undefined);
}
