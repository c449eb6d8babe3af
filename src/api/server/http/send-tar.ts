import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Exchange } from './exchange.ts';

/** An archive as the answer. A client that hangs up ends it; nobody is left to be told. */
export async function sendTar({ response, signal }: Pick<Exchange, 'response' | 'signal'>, tar: Readable, headers: OutgoingHttpHeaders): Promise<void> {
  response.writeHead(200, headers);
  await pipeline(tar, response).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
