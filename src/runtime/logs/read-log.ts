import { Readable } from 'node:stream';
import { GantryError } from '../../base/errors.ts';
import type { LogEnd } from '../driver/runtime.ts';
import { parseNanoseconds, type EntryFormat } from './entry.ts';
import { EntryFormatter } from './entry-formatter.ts';
import { follow } from './follow.ts';
import { closeAll, openLogFiles, readLines, tailOf, type LogFile } from './log-files.ts';

export interface ReadLogOptions extends EntryFormat {
  follow: boolean;
  stdout: boolean;
  stderr: boolean;
  /** Nanoseconds since the epoch. */
  since: bigint | undefined;
  until: bigint | undefined;
  /** Lines from the end; undefined for all. Counted before the other choices, as Docker does. */
  tail: number | undefined;
  /** Reads no further, where a live stream takes over. Without `tail`, which counts all lines. */
  end?: LogEnd;
  /** True when the container runs no more: what follows ends then. */
  ended: () => boolean;
  abort: AbortSignal;
}

/**
 * A container's log as its clients read it. Lines come from the rotated files too, oldest first; following goes on over rotations.
 * Without it the end is where the log ended when reading began, however fast it grows meanwhile.
 * @throws notImplemented for a driver that keeps nothing to read
 */
export function readLog(path: string, driver: string, options: ReadLogOptions): Readable {
  if (driver === 'none') throw new GantryError('notImplemented', 'configured logging driver does not support reading');
  return Readable.from(formatted(path, options), { objectMode: false, highWaterMark: 64 * 1024 });
}

async function* formatted(path: string, options: ReadLogOptions): AsyncGenerator<Buffer> {
  const files = openLogFiles(path);
  const until = options.end === undefined ? options.until : cutAt(files, options.end, options.until);
  const formatter = new EntryFormatter({ ...options, until });
  for await (const lines of linesOf(path, files, options)) {
    if (options.abort.aborted) return;
    const bytes = formatter.format(lines);
    if (bytes.length > 0) yield bytes;
    if (formatter.isOver) return;
  }
}

async function* linesOf(path: string, files: LogFile[], options: ReadLogOptions): AsyncGenerator<Buffer> {
  try {
    const { first, position } = await startOf(files, options.tail);
    let end = position;
    for (const [index, file] of files.entries()) {
      if (index < first) continue;
      end = index === first ? position : 0;
      for await (const each of readLines(file, end, file.bytes)) {
        end = each.end;
        yield each.lines;
      }
    }
    if (!options.follow) return;
    yield* follow({ path, file: files.pop(), position: end, ended: options.ended, abort: options.abort, until: options.until });
  } finally {
    closeAll(files);
  }
}

/**
 * Takes away what was written after `end`. When the file that was written then is not there any more, since it was compressed or
 * there was none, the lines have to be chosen by their time. @returns the last time that is wanted
 */
function cutAt(files: LogFile[], end: LogEnd, until: bigint | undefined): bigint | undefined {
  const place = files.findIndex(({ inode }) => inode === end.inode);
  if (place !== -1) {
    closeAll(files.splice(place + 1));
    files[place]!.bytes = end.bytes;
    return until;
  }
  const time = parseNanoseconds(end.time);
  return time === undefined || (until !== undefined && until < time) ? until : time;
}

/** The file, by its place, and the byte in it where the last `tail` lines begin. */
async function startOf(files: LogFile[], tail: number | undefined): Promise<{ first: number; position: number }> {
  if (tail === undefined || tail < 0) return { first: 0, position: 0 };
  let wanted = tail;
  for (let index = files.length - 1; index >= 0; index--) {
    const file = files[index]!;
    const found = file.compressed ? await tailOfCompressed(file, wanted) : await tailOf(file, wanted);
    if (found.lines >= wanted || index === 0) return { first: index, position: found.position };
    wanted -= found.lines;
  }
  return { first: 0, position: 0 };
}

/** A compressed file has no end to read from: it is read through, keeping the ends of the last lines. */
async function tailOfCompressed(file: LogFile, wanted: number): Promise<{ position: number; lines: number }> {
  const ends: number[] = [0];
  for await (const { lines, end } of readLines(file, 0)) {
    const begin = end - lines.length;
    for (let newline = lines.indexOf(10); newline !== -1; newline = lines.indexOf(10, newline + 1)) {
      ends.push(begin + newline + 1);
      if (ends.length > wanted + 1) ends.shift();
    }
  }
  return { position: ends[0]!, lines: ends.length - 1 };
}
