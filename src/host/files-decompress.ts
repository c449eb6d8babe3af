import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline, Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { GantryError, errnoOf, messageOf } from '../base/errors.ts';
import { sniffCompression, type Compression } from '../base/compression.ts';

/**
 * The plain bytes of a stream, whatever its compression (by content, not by name): gzip and zstd in this process, xz and bzip2 by the
 * host's programs of these names. @throws invalid on broken data, notImplemented when the program is missing.
 */
export async function decompressed(source: Readable): Promise<{ stream: Readable; compression: Compression }> {
  const head = await peek(source, 6);
  const compression = sniffCompression(head);
  return { stream: through(source, compression), compression };
}

/** Reads at least `count` bytes (fewer at the end) and puts them back. */
async function peek(source: Readable, count: number): Promise<Buffer> {
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
  if (head.length > 0) source.unshift(head);
  return head;
}

function through(source: Readable, compression: Compression): Readable {
  if (compression === 'none') return source;
  if (compression === 'gzip') return joined(source, createGunzip({ chunkSize: 1 << 17 }), compression);
  // A window larger than 128 MB is refused: it is what zstd's own program allows without being asked.
  if (compression === 'zstd') {
    return joined(source, createZstdDecompress({ chunkSize: 1 << 17, params: { [constants.ZSTD_d_windowLogMax]: 27 } }), compression);
  }
  return byProgram(source, compression);
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
