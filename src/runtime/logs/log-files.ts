import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { errnoOf } from '../../base/errors.ts';

const blockBytes = 64 * 1024;

/** One file of a log, open: rotation renames and removes names, but what is open can be read to its end. */
export interface LogFile {
  handle: FileHandle;
  inode: number;
  /** Bytes that it had when it was opened; more may come while it is read. */
  bytes: number;
  compressed: boolean;
}

/**
 * All files of a log, oldest first. They are opened from the youngest on: a rotation in between shifts names to where we look next, so
 * nothing is missed, and what is met twice is left out.
 */
export async function openLogFiles(path: string): Promise<LogFile[]> {
  const files: LogFile[] = [];
  const current = await openLogFile(path);
  if (current !== undefined) files.unshift(current);
  for (let number = 1; ; number++) {
    const older = await openLogFile(`${path}.${number}`) ?? await openLogFile(`${path}.${number}.gz`);
    if (older === undefined) return files;
    if (files.some(({ inode }) => inode === older.inode)) await older.handle.close();
    else files.unshift(older);
  }
}

/** Undefined when there is none. */
export async function openLogFile(path: string): Promise<LogFile | undefined> {
  try {
    const handle = await open(path, 'r');
    const { ino, size } = await handle.stat();
    return { handle, inode: ino, bytes: size, compressed: path.endsWith('.gz') };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Whole lines between two bytes, without their newline, each with the byte after it. What comes after the last newline is not given.
 * A compressed file no longer grows: it is read to its end, whatever `to` says.
 */
export async function* readLines(file: LogFile, from: number, to = Infinity): AsyncGenerator<{ line: string; end: number }> {
  let rest = Buffer.alloc(0);
  let start = file.compressed ? 0 : from;
  for await (const block of file.compressed ? gunzipped(file.handle) : blocks(file.handle, from, to)) {
    const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
    let begin = 0;
    for (let newline = bytes.indexOf(10); newline !== -1; newline = bytes.indexOf(10, begin)) {
      // A compressed file is always read from its beginning.
      if (start + begin >= from) yield { line: bytes.toString('utf8', begin, newline), end: start + newline + 1 };
      begin = newline + 1;
    }
    rest = Buffer.from(bytes.subarray(begin));
    start += begin;
  }
}

async function* blocks(handle: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  for (let position = from; position < to;) {
    const buffer = Buffer.allocUnsafe(Math.min(blockBytes, to - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function gunzipped(handle: FileHandle): AsyncIterable<Buffer> {
  return handle.createReadStream({ start: 0, autoClose: false }).pipe(createGunzip());
}

/**
 * Where the last `wanted` of the lines that a plain file had when it was opened begin, found by reading blocks from its end, and how
 * many there are. An unfinished last line does not count.
 */
export async function tailOf(file: LogFile, wanted: number): Promise<{ position: number; lines: number }> {
  let lines = -1;
  for (let end = file.bytes; end > 0;) {
    const begin = Math.max(0, end - blockBytes);
    const buffer = Buffer.allocUnsafe(end - begin);
    const { bytesRead } = await file.handle.read(buffer, 0, buffer.length, begin);
    // Somebody cut it off meanwhile: an index of -1 would mean the last byte.
    if (bytesRead === 0) break;
    for (let newline = buffer.lastIndexOf(10, bytesRead - 1); newline !== -1; newline = newline === 0 ? -1 : buffer.lastIndexOf(10, newline - 1)) {
      lines++;
      if (lines === wanted) return { position: begin + newline + 1, lines: wanted };
    }
    end = begin;
  }
  return { position: 0, lines: lines + 1 };
}
