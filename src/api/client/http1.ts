import type { Duplex } from 'node:stream';
import { errnoOf, GantryError } from '../../base/errors.ts';

/**
 * HTTP/1.1 as an engine's client needs it: one request a connection, streamed bodies both ways, and the raw stream after an upgrade.
 * Node's own client costs more at start-up than the rest of a command together.
 * https://www.rfc-editor.org/rfc/rfc9112
 */
export interface Request {
  method: string;
  /** With its query. */
  target: string;
  headers: Record<string, string>;
  /** Text and buffers are sent with their length; anything else is chunked. */
  body?: string | Buffer | AsyncIterable<Uint8Array>;
}

export interface Response {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Can be read once. Breaking out of it closes the connection. */
  body: AsyncIterable<Buffer>;
}

const maxHeadBytes = 256 * 1024;

/** Sends the request and resolves when the head of the answer has arrived. */
export async function exchange(stream: Duplex, request: Request): Promise<Response> {
  const incoming = new Incoming(stream);
  const sending = send(stream, request, () => incoming.arrived);
  // An engine may answer (and close) before it has read the body; its answer tells more than the broken pipe does.
  sending.catch(() => undefined);
  const head = await incoming.head();
  return { ...head, body: bodyOf(stream, incoming, head, request.method) };
}

/** As exchange(), for attach and exec: on 101 (or 200, as old engines answer) the connection is the caller's. */
export async function upgrade(stream: Duplex, request: Request): Promise<Response & { raw?: Duplex }> {
  const incoming = new Incoming(stream);
  await send(stream, request, () => incoming.arrived);
  const head = await incoming.head();
  if (head.status !== 101 && head.status !== 200) return { ...head, body: bodyOf(stream, incoming, head, request.method) };
  incoming.release();
  // It may break, or be let go, before anybody reads it, and while it is written to: who reads hears of that.
  stream.on('error', () => undefined);
  return { ...head, body: nothing(), raw: stream };
}

async function send(stream: Duplex, request: Request, answered: () => boolean): Promise<void> {
  const { body } = request;
  const fixed = typeof body === 'string' ? Buffer.from(body) : Buffer.isBuffer(body) ? body : undefined;
  const headers = { ...request.headers };
  if (fixed !== undefined) headers['Content-Length'] = String(fixed.length);
  else if (body !== undefined) headers['Transfer-Encoding'] = 'chunked';
  else if (request.method === 'POST' || request.method === 'PUT') headers['Content-Length'] = '0';
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, ' ')}\r\n`);
  const head = Buffer.from(`${request.method} ${request.target} HTTP/1.1\r\n${lines.join('')}\r\n`);
  if (fixed !== undefined || body === undefined) return write(stream, fixed === undefined ? head : Buffer.concat([head, fixed]));
  await sendChunks(stream, { head, body: orDestroy(stream, body as AsyncIterable<Uint8Array>), answered });
}

const minWriteBytes = 1 << 16;

/** Small pieces leave together. An answer that comes before the end is a refusal: the rest is kept. */
async function sendChunks(stream: Duplex, { head, body, answered }: { head: Buffer; body: AsyncIterable<Uint8Array>; answered: () => boolean }): Promise<void> {
  let held: Uint8Array[] = [head];
  let bytes = head.length;
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    held.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, lineEnd);
    bytes += chunk.length;
    if (bytes < minWriteBytes) continue;
    await write(stream, Buffer.concat(held));
    if (answered()) return;
    held = [];
    bytes = 0;
  }
  await write(stream, Buffer.concat([...held, lastChunk]));
}

const lineEnd = Buffer.from('\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');

/** A body that cannot be read ends the exchange with its own error; a connection that breaks does not: the answer may be there. */
async function* orDestroy(stream: Duplex, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    stream.destroy(error as Error);
    throw error;
  }
}

function write(stream: Duplex, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

interface Head { status: number; headers: Record<string, string> }

/** Enough not to stall between two reads of the caller; more stays with the sender. */
const maxHeldBytes = 1 << 18;

/**
 * Bytes of the connection as the caller wants them, with what was read too far given back. They are taken off the stream as they arrive: a stream that
 * fails throws away what it holds, and an engine that refuses a body says why just before it closes.
 */
class Incoming {
  #parts: Buffer[] = [];
  #held = 0;
  #wake: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;
  readonly #stream: Duplex;
  readonly #onData = (bytes: Buffer): void => {
    this.#parts.push(bytes);
    this.#held += bytes.length;
    if (this.#held > maxHeldBytes) this.#stream.pause();
    this.#wake?.();
  };
  readonly #onEnd = (): void => { this.#ended = true; this.#wake?.(); };
  readonly #onError = (error: Error): void => { this.#error = error; this.#ended = true; this.#wake?.(); };

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onError);
  }

  /** Whether an answer, or the end, is there. */
  get arrived(): boolean {
    return this.#held > 0 || this.#ended;
  }

  /** Whatever has arrived; undefined at the end. */
  async take(): Promise<Buffer | undefined> {
    for (;;) {
      const bytes = this.#parts.shift();
      if (bytes !== undefined) {
        this.#held -= bytes.length;
        if (this.#parts.length === 0) this.#stream.resume();
        return bytes;
      }
      if (this.#error !== undefined) throw ['ECONNRESET', 'EPIPE'].includes(errnoOf(this.#error) ?? '') ? cutOff(this.#error) : this.#error;
      if (this.#ended || this.#stream.destroyed) return undefined;
      await new Promise<void>((resolve) => { this.#wake = resolve; });
      this.#wake = undefined;
    }
  }

  putBack(bytes: Buffer): void {
    this.#parts.unshift(bytes);
    this.#held += bytes.length;
  }

  async line(): Promise<string> {
    return (await this.#until('\r\n', 16 * 1024)).toString('latin1');
  }

  async head(): Promise<Head> {
    for (;;) {
      const [first = '', ...rest] = (await this.#until('\r\n\r\n', maxHeadBytes)).toString('latin1').split('\r\n');
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
      if (!Number.isInteger(status)) throw new Error(`the answer is not HTTP: ${JSON.stringify(first.slice(0, 60))}`);
      if (status === 100) continue;
      const headers: Record<string, string> = {};
      for (const line of rest) {
        const colon = line.indexOf(':');
        if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
      }
      return { status, headers };
    }
  }

  async #until(mark: string, limit: number): Promise<Buffer> {
    let held: Buffer = Buffer.alloc(0);
    for (;;) {
      const bytes = await this.take();
      if (bytes === undefined) throw cutOff();
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const at = held.indexOf(mark);
      if (at >= 0) {
        const rest = held.subarray(at + mark.length);
        if (rest.length > 0) this.putBack(rest);
        return held.subarray(0, at);
      }
      if (held.length > limit) throw new Error('the head of the answer is too long');
    }
  }

  /** Stops reading; what was read too far goes back into the stream. */
  release(): void {
    this.#stream.pause();
    this.#stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onError);
    if (this.#held > 0) this.#stream.unshift(Buffer.concat(this.#parts));
    this.#parts = [];
  }
}

function cutOff(cause: Error = Object.assign(new Error('end of the stream'), { code: 'ECONNRESET' })): GantryError {
  return new GantryError('unavailable', 'unexpected EOF: the engine closed the connection before its answer was complete', { cause });
}

async function* nothing(): AsyncGenerator<Buffer> {}

async function* bodyOf(stream: Duplex, incoming: Incoming, head: Head, method: string): AsyncGenerator<Buffer> {
  try {
    if (method === 'HEAD' || head.status === 204 || head.status === 304) return;
    const length = head.headers['content-length'];
    if (/chunked/i.test(head.headers['transfer-encoding'] ?? '')) yield* chunks(incoming);
    else yield* counted(incoming, length === undefined ? Infinity : Number(length));
  } finally {
    stream.destroy();
  }
}

async function* counted(incoming: Incoming, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0;) {
    const bytes = await incoming.take();
    if (bytes === undefined) {
      if (left === Infinity) return;
      throw cutOff();
    }
    const mine = bytes.length > left ? bytes.subarray(0, left) : bytes;
    if (mine.length < bytes.length) incoming.putBack(bytes.subarray(mine.length));
    left -= mine.length;
    yield mine;
  }
}

async function* chunks(incoming: Incoming): AsyncGenerator<Buffer> {
  for (;;) {
    const line = await incoming.line();
    const size = Number.parseInt(line, 16);
    if (!Number.isSafeInteger(size) || size < 0) throw new Error(`the answer has a bad chunk: ${JSON.stringify(line.slice(0, 20))}`);
    if (size === 0) {
      while (await incoming.line() !== '');
      return;
    }
    yield* counted(incoming, size);
    await incoming.line();
  }
}
