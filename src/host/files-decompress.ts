import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { GantryError, errnoOf, messageOf } from '../base/errors.ts';
import { sniffCompression, type Compression } from '../base/compression.ts';
import { canInflate, Inflater, zstdLimits } from './inflate.ts';

/**
 * The plain bytes of a stream, whatever its compression (by content, not by name): gzip and zstd in this process, xz and bzip2 by the
 * host's programs of these names. @throws invalid on broken data, notImplemented when the program is missing.
 */
export async function decompressed(source: Readable): Promise<{ stream: Readable; compression: Compression }> {
  const { head, whole } = await peek(source, 6);
  const compression = sniffCompression(head);
  return { stream: through(whole, compression), compression };
}

export interface PlainChunks {
  compression: Compression;
  /** Each is valid until the next is asked for. */
  chunks: AsyncGenerator<Buffer>;
  /** Also when nothing was asked for: lets go of the source. */
  close(): Promise<void>;
}

/** As decompressed(), for a thread that does nothing else: gzip and zstd are inflated by the caller's own thread, without a copy. */
export async function plainChunks(source: AsyncIterable<Buffer>): Promise<PlainChunks> {
  const iterator = source[Symbol.asyncIterator]();
  const head = await firstBytes(iterator, 6);
  const compression = sniffCompression(head);
  const whole = continued(head, iterator);
  const chunks = compression === 'none' ? whole : (compression === 'gzip' || compression === 'zstd') && canInflate() ? inflated(whole, compression) : throughStream(whole);
  return {
    compression, chunks,
    close: async () => {
      await chunks.return(undefined);
      await iterator.return?.();
    },
  };
}

async function firstBytes(iterator: AsyncIterator<Buffer>, count: number): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < count) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

async function* continued(head: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

async function* inflated(source: AsyncIterable<Buffer>, compression: 'gzip' | 'zstd'): AsyncGenerator<Buffer> {
  const inflater = new Inflater(compression);
  try {
    for await (const chunk of source) yield* inflater.write(chunk);
    yield* inflater.end();
  } catch (error) {
    throw broken(error as Error, compression);
  } finally {
    inflater.close();
  }
}

/** A stream holds chunks while it asks for more, so each is copied. */
async function* throughStream(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const copies = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) yield Buffer.from(chunk);
  };
  yield* (await decompressed(Readable.from(copies(), { objectMode: false }))).stream as AsyncIterable<Buffer>;
}

/** Reads at least `count` bytes (fewer at the end); `whole` has them still before it. */
async function peek(source: Readable, count: number): Promise<{ head: Buffer; whole: Readable }> {
  const parts: Buffer[] = [];
  let length = 0;
  while (length < count) {
    const chunk = source.read() as Buffer | null;
    if (chunk !== null) {
      parts.push(chunk);
      length += chunk.length;
    } else if (source.readableEnded || source.destroyed) {
      break;
    } else {
      const ended = new AbortController();
      try {
        await Promise.race([once(source, 'readable', { signal: ended.signal }), once(source, 'end', { signal: ended.signal })]);
      } finally {
        ended.abort();
      }
    }
  }
  const head = Buffer.concat(parts);
  // Nothing can be put back into a stream that has ended.
  if (source.readableEnded) return { head, whole: Readable.from(parts, { objectMode: false }) };
  if (head.length > 0) source.unshift(head);
  return { head, whole: source };
}

function through(source: Readable, compression: Compression): Readable {
  if (compression === 'none') return source;
  if (compression === 'gzip') return joined(source, createGunzip({ chunkSize: 1 << 17 }), compression);
  // Node's own stream ends with the first of several frames.
  if (compression === 'zstd' && canInflate()) return Readable.from(inTurns(inflated(source as AsyncIterable<Buffer>, compression)), { objectMode: false });
  if (compression === 'zstd') return joined(source, createZstdDecompress({ chunkSize: 1 << 17, params: zstdLimits }), compression);
  return byProgram(source, compression);
}

/** On a thread that has other things to do: each piece is a copy, and between two of them come others' turns. */
async function* inTurns(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    yield Buffer.from(piece);
    await setImmediate();
  }
}

function joined(source: Readable, transform: ReturnType<typeof createGunzip>, compression: Compression): Readable {
  pipeline(source, transform, () => undefined);
  const destroy = transform._destroy.bind(transform);
  // zlib's own sentences ("incorrect header check") say neither what was read nor that the data is at fault.
  transform._destroy = (error, callback) => destroy(error === null ? null : broken(error, compression), callback);
  return transform;
}

function broken(error: Error, compression: Compression): Error {
  const code = errnoOf(error) ?? '';
  if (!code.startsWith('Z_') && !code.startsWith('ZSTD_')) return error;
  const why = code === 'Z_BUF_ERROR' ? 'unexpected EOF: it is truncated' : messageOf(error);
  return new GantryError('invalid', `broken ${compression} data: ${why}`, { cause: error });
}

function byProgram(source: Readable, program: 'xz' | 'bzip2'): Readable {
  const child = spawn(program, ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-500)));
  const output = child.stdout;
  // The program's end decides whether the output is whole, so the output ends only after it.
  const finished = new Promise<Error | undefined>((settle) => {
    child.once('error', (error) => settle(errnoOf(error) === 'ENOENT'
      ? new GantryError('notImplemented', `data compressed with ${program} needs the program ${program}, which is not installed`, { hint: `Install ${program === 'xz' ? 'xz-utils' : program}.` })
      : error));
    child.once('close', (code) => settle(code === 0 ? undefined : new GantryError('invalid', `broken ${program} data: ${complaint.trim()}`)));
  });
  pipeline(source, child.stdin, () => undefined);
  const checked = async function* (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of output) yield chunk as Buffer;
      const error = await finished;
      if (error !== undefined) throw error;
    } finally {
      child.kill('SIGKILL');
    }
  };
  return Readable.from(checked(), { objectMode: false });
}
