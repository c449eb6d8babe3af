import { fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import { checked, libc } from './ffi.ts';

/** Parts of a file that no block of the disk holds: they read as zeros, and copies need not hold them either. */
const lseekCall = libc.func('int64_t lseek(int fd, int64_t offset, int whence)');
const [SEEK_DATA, SEEK_HOLE] = [3, 4];

const chunkBytes = 1 << 18;
/** A chunk of nothing: to compare with, and to send. */
export const zeros: Buffer = Buffer.alloc(chunkBytes);

/** Whether all of it is zeros. Cheap where the first byte is not. */
export function isZeros(chunk: Uint8Array): boolean {
  if (chunk[0] !== 0) return false;
  for (let at = 0; at < chunk.length; at += chunkBytes) {
    const part = chunk.subarray(at, at + chunkBytes);
    if (zeros.compare(part, 0, part.length, 0, part.length) !== 0) return false;
  }
  return true;
}

/** The first run of data at or behind `from`; undefined when only a hole follows. A filesystem that knows no holes has one run. */
export function dataFrom(fd: number, from: number, size: number): { start: number; end: number } | undefined {
  try {
    const start = seek(fd, from, SEEK_DATA);
    return { start, end: seek(fd, start, SEEK_HOLE) };
  } catch (error) {
    if (errnoOf(error) === 'ENXIO') return undefined;
    if (errnoOf(error) === 'EINVAL') return { start: from, end: size };
    throw error;
  }
}

function seek(fd: number, from: number, whence: number): number {
  return checked(Number(lseekCall(fd, from, whence)), 'lseek');
}

/** Copies the data of a file with holes into an empty one, hole for hole. False, with nothing done, when it has none. */
export function copySparse(from: number, to: number): boolean {
  const { size, blocks } = fstatSync(from);
  if (blocks * 512 >= size) return false;
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size));
  for (let run = dataFrom(from, 0, size); run !== undefined; run = dataFrom(from, run.end, size)) {
    for (let at = run.start; at < run.end;) {
      const read = readSync(from, buffer, 0, Math.min(buffer.length, run.end - at), at);
      if (read === 0) break;
      for (let done = 0; done < read;) done += writeSync(to, buffer, done, read - done, at + done);
      at += read;
    }
  }
  ftruncateSync(to, size);
  return true;
}
