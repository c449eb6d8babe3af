import type { IncomingMessage } from 'node:http';
import { GantryError } from '../../base/errors.ts';

/**
 * A small body, whole. Memory never holds more than `maxBytes`, and the time is bounded however slowly it drips.
 * @throws invalid when it is larger; unavailable when it takes too long
 */
export async function readBody(body: IncomingMessage, options: { maxBytes: number; deadlineMs: number; what: string; registry: string }): Promise<Buffer> {
  const declared = Number(body.headers['content-length'] ?? 0);
  if (declared > options.maxBytes) {
    body.destroy();
    throw tooLarge(options);
  }
  const timer = setTimeout(() => body.destroy(tooSlow(options)), options.deadlineMs);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > options.maxBytes) throw tooLarge(options);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(options: { maxBytes: number; what: string; registry: string }): GantryError {
  return new GantryError('invalid', `registry ${options.registry}: ${options.what} is larger than the ${options.maxBytes} bytes that are accepted`);
}

function tooSlow(options: { deadlineMs: number; what: string; registry: string }): GantryError {
  return new GantryError('unavailable', `registry ${options.registry}: ${options.what} did not arrive within ${options.deadlineMs} ms`);
}

/** Lets a connection go back to its agent: reads a little, or gives the connection up. */
export function discardBody(body: IncomingMessage): void {
  const declared = body.headers['content-length'];
  if (declared !== undefined && Number(declared) <= 64 << 10) body.resume();
  else body.destroy();
}
