import { Readable } from 'node:stream';
import { GantryError, isGantryError } from '../../../base/errors.ts';
import { parseExactly } from '../codec/exact-number.ts';
import type { Exchange } from './exchange.ts';
import { jsonSyntaxError } from './json-error.ts';

/** Docker caps no JSON body; one that is larger than this is not a request but an attack. Bytes. */
const maxJsonBytes = 32 * 1024 * 1024;

/** Held of a body whose reader is slower than its sender. */
const bodyBytes = 256 * 1024;

/** Reads a JSON body. Undefined when there is none. @throws invalid on a wrong Content-Type, broken JSON or anything after it. */
export async function readJson(exchange: Exchange): Promise<unknown> {
  checkContentType(exchange);
  const bytes = await readBody(exchange);
  return bytes.length === 0 ? undefined : parseJson(bytes.toString('utf8'));
}

/** As `readJson`, where an empty body is an error. */
export async function requireJson(exchange: Exchange): Promise<unknown> {
  const value = await readJson(exchange);
  if (value === undefined) throw new GantryError('invalid', 'invalid JSON: got EOF while reading request body');
  return value;
}

/** Passes over a body that means nothing, so that it is not taken for the stream that follows: dockerode sends one with attach. */
export async function skipBody(exchange: Exchange): Promise<void> {
  if (Number(exchange.request.headers['content-length'] ?? 0) > 0) await readBody(exchange);
}

/**
 * The body as a stream that may be left or destroyed before its end: destroying the request itself would take the connection along, and with it the answer
 * that says why. What is still to come is read and dropped once that is sent.
 */
export function bodyStream({ request, response }: Exchange): Readable {
  const take = (chunk: Buffer): void => { if (!body.push(chunk)) request.pause(); };
  const end = (): void => void body.push(null);
  const fail = (error: Error): void => void body.destroy(error);
  const body = new Readable({
    highWaterMark: bodyBytes,
    read: () => void request.resume(),
    destroy(error, done) {
      // Whoever goes away later is nobody's error.
      request.off('data', take).off('end', end).on('error', () => undefined).off('error', fail).pause();
      done(error);
    },
  });
  request.on('data', take).on('end', end).on('error', fail).pause();
  // Told to whoever reads; a client that goes away before anybody does must not end the daemon.
  body.on('error', () => undefined);
  response.once('finish', () => {
    body.destroy();
    request.resume();
  });
  return body;
}

function checkContentType(exchange: Exchange): void {
  const { headers } = exchange.request;
  const contentType = headers['content-type'] ?? '';
  const empty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
  if (contentType === '' && empty) return;
  if (contentType === '') throw new GantryError('invalid', 'malformed Content-Type header (): mime: no media type');
  if (contentType.split(';', 1)[0]!.trim().toLowerCase() !== 'application/json') {
    throw new GantryError('invalid', `unsupported Content-Type header (${contentType}): must be 'application/json'`);
  }
}

async function readBody(exchange: Exchange): Promise<Buffer> {
  if (exchange.upgrade !== undefined) return readSocketBody(exchange.upgrade.socket, contentLength(exchange));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The request stays open after a refusal: destroying it would take the answer along.
    for await (const chunk of exchange.request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxJsonBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (cause) {
    if (exchange.request.complete || isGantryError(cause)) throw cause;
    throw new GantryError('cancelled', 'the client went away before its request was whole', { cause });
  }
  return Buffer.concat(chunks);
}

function contentLength(exchange: Exchange): number {
  const { headers } = exchange.request;
  if (headers['transfer-encoding'] !== undefined) throw new GantryError('invalid', 'a request that upgrades its connection needs a Content-Length');
  return Number(headers['content-length'] ?? 0);
}

/** On an upgrade Node leaves the body in the socket: takes exactly `length` bytes, the rest is the stream. */
function readSocketBody(socket: Readable, length: number): Promise<Buffer> {
  if (length > maxJsonBytes) return Promise.reject(tooLarge());
  if (length === 0) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const finish = (bytes: Buffer | undefined): void => {
      // At once, or the next 'readable' would take bytes that belong to the stream.
      socket.off('readable', take).off('end', cut).off('close', cut);
      if (bytes?.length === length) resolve(bytes);
      else reject(new GantryError('invalid', 'invalid JSON: unexpected EOF'));
    };
    const take = (): void => {
      const bytes = socket.read(length) as Buffer | null;
      if (bytes !== null) finish(bytes);
    };
    const cut = (): void => finish(undefined);
    socket.on('readable', take).on('end', cut).on('close', cut);
    take();
  });
}

function parseJson(text: string): unknown {
  try {
    return parseExactly(text);
  } catch (cause) {
    throw new GantryError('invalid', syntaxMessage(text), { cause });
  }
}

function syntaxMessage(text: string): string {
  if (text.trim() === '') return 'invalid JSON: got EOF while reading request body';
  const message = jsonSyntaxError(text);
  return message === 'unexpected content after JSON' ? message : `invalid JSON: ${message}`;
}

function tooLarge(): GantryError {
  return new GantryError('invalid', `the request body is larger than ${maxJsonBytes} bytes`);
}
