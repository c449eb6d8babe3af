import { closeSync, fstatSync, openSync, read, statSync } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { errnoOf } from '../../base/errors.ts';

const blockBytes = 64 * 1024;
const readInto = promisify(read);

/** One file of a log, open: rotation renames and removes names, but what is open can be read to its end. */
export interface LogFile {
  descriptor: number;
  inode: number;
  /** Bytes that it had when it was opened; more may come while it is read. */
  bytes: number;
  compressed: boolean;
}

/** Looks at a log whose writer rotates it between every two of them, before the last one is taken as it is. */
const looks = 50;

/**
 * All files of a log, oldest first, as they were between two rotations. Synchronous: a look takes a fraction of the time that a
 * rotation takes, so hardly ever a second one is needed.
 */
export function openLogFiles(path: string): LogFile[] {
  for (let look = 1; ; look++) {
    const files = openByName(path);
    // What is open keeps its inode: the same one under the same name means that nothing was rotated meanwhile.
    if (look === looks || inodeAt(path) === files.at(-1)?.inode) return files;
    closeAll(files);
  }
}

export function closeAll(files: readonly LogFile[]): void {
  for (const { descriptor } of files) closeSync(descriptor);
}

/** Undefined when there is none, as for a moment in a rotation. */
export function inodeAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** A rotation under way leaves one number out, and shifts what was met already to where we look next. */
function openByName(path: string): LogFile[] {
  const files: LogFile[] = [];
  try {
    const current = openLogFile(path);
    if (current !== undefined) files.unshift(current);
    for (let number = 1, missing = 0; missing < 2; number++) {
      const older = openLogFile(`${path}.${number}`) ?? openLogFile(`${path}.${number}.gz`);
      missing = older === undefined ? missing + 1 : 0;
      if (older === undefined) continue;
      if (files.some(({ inode }) => inode === older.inode)) closeAll([older]);
      else files.unshift(older);
    }
    return files;
  } catch (error) {
    closeAll(files);
    throw error;
  }
}

/** Undefined when there is none. */
export function openLogFile(path: string): LogFile | undefined {
  try {
    const descriptor = openSync(path, 'r');
    const { ino, size } = fstatSync(descriptor);
    return { descriptor, inode: ino, bytes: size, compressed: path.endsWith('.gz') };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined when it has no whole line yet. */
export async function firstLine(file: LogFile): Promise<string | undefined> {
  for await (const { lines } of readLines(file, 0)) return lines.toString('utf8', 0, lines.indexOf(10));
  return undefined;
}

/**
 * Whole lines between two bytes, as many at a time as were read together, and the byte behind them. What comes after the last newline is not given.
 * A compressed file no longer grows: it is read to its end, whatever `to` says.
 */
export async function* readLines(file: LogFile, from: number, to = Infinity): AsyncGenerator<{ lines: Buffer; end: number }> {
  let rest = Buffer.alloc(0);
  let start = file.compressed ? 0 : from;
  for await (const block of file.compressed ? gunzipped(file.descriptor) : blocks(file.descriptor, from, to)) {
    const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
    const end = bytes.lastIndexOf(10) + 1;
    // A compressed file is always read from its beginning.
    const lines = bytes.subarray(Math.max(0, from - start), end);
    start += end;
    if (lines.length > 0) yield { lines, end: start };
    rest = Buffer.from(bytes.subarray(end));
  }
}

async function* blocks(descriptor: number, from: number, to: number): AsyncGenerator<Buffer> {
  for (let position = from; position < to;) {
    const buffer = Buffer.allocUnsafe(Math.min(blockBytes, to - position));
    const { bytesRead } = await readInto(descriptor, buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** A read stream of Node would close the descriptor, which is its owner's. */
function gunzipped(descriptor: number): AsyncIterable<Buffer> {
  const text = createGunzip();
  // What fails in either is thrown to who iterates.
  pipeline(Readable.from(blocks(descriptor, 0, Infinity)), text, () => undefined);
  return text;
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
    const { bytesRead } = await readInto(file.descriptor, buffer, 0, buffer.length, begin);
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
