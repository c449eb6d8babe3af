import { fstatSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { closeAll, firstLine, inodeAt, openLogFile, openLogFiles, readLines, type LogFile } from './log-files.ts';

export interface FollowOptions {
  path: string;
  /** The file that was written when we last looked; ours to close. Undefined when there was none yet. */
  file: LogFile | undefined;
  position: number;
  ended: () => boolean;
  abort: AbortSignal;
  /** Nanoseconds since the epoch: nothing later is wanted. */
  until: bigint | undefined;
}

/** The end of a container is no change of a file: it is asked for this often, for each reader that follows. */
const endedPollMs = 200;

/** Whole lines as they are written, over rotations, until the container has ended and everything is read. */
export async function* follow(options: FollowOptions): AsyncGenerator<Buffer> {
  const { path, abort } = options;
  let { file, position } = options;
  const changes = new Changes(path, abort);
  try {
    while (!abort.aborted) {
      // Asked before reading: what was written before the end is read after it.
      const last = options.ended() || isPast(options.until);
      file ??= openLogFile(path);
      if (file !== undefined) {
        if (fstatSync(file.descriptor).size < position) position = 0;
        for await (const each of readLines(file, position)) {
          position = each.end;
          yield each.lines;
        }
        const next = await successorOf(path, file);
        if (next !== undefined) {
          // What came between our last read and the rotation.
          for await (const each of readLines(file, position)) yield each.lines;
          closeAll([file]);
          file = next;
          position = 0;
          continue;
        }
      }
      if (last) return;
      await changes.next();
    }
  } finally {
    changes.close();
    if (file !== undefined) closeAll([file]);
  }
}

/** The file that was begun after this one; undefined while this one is still the written one. */
async function successorOf(path: string, file: LogFile): Promise<LogFile | undefined> {
  const written = inodeAt(path);
  if (written === undefined || written === file.inode) return undefined;
  const files = openLogFiles(path);
  // When it is there no more, all that are there are younger.
  const next = files[await placeOf(file, files) + 1];
  closeAll(files.filter((each) => each !== next));
  return next;
}

/** Compressed, it is another inode with the same lines: the first one's time tells it from all others. -1 when it is gone. */
async function placeOf(file: LogFile, files: LogFile[]): Promise<number> {
  const place = files.findIndex(({ inode }) => inode === file.inode);
  if (place !== -1) return place;
  const first = await firstLine(file);
  for (const [index, each] of files.entries()) if (each.compressed && await firstLine(each) === first) return index;
  return -1;
}

function isPast(until: bigint | undefined): boolean {
  return until !== undefined && BigInt(Date.now()) * 1_000_000n > until;
}

/** Wakes its one waiter when the directory of the log changes, at the latest after the poll's time. */
class Changes {
  readonly #watcher: FSWatcher | undefined;
  readonly #abort: AbortSignal;
  #wake: () => void = () => undefined;
  #changed = true;

  constructor(path: string, abort: AbortSignal) {
    this.#abort = abort;
    this.#watcher = watched(dirname(path), () => this.#signal());
    abort.addEventListener('abort', this.#signal);
  }

  async next(): Promise<void> {
    if (!this.#changed && !this.#abort.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, endedPollMs);
      await promise;
      clearTimeout(timer);
    }
    this.#changed = false;
  }

  close(): void {
    this.#watcher?.close();
    this.#abort.removeEventListener('abort', this.#signal);
  }

  readonly #signal = (): void => {
    this.#changed = true;
    this.#wake();
  };
}

/** Undefined where nothing can be watched: the directory has just gone, or other programs have taken all watches of the host. */
function watched(directory: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(directory, changed).on('error', () => undefined);
  } catch {
    return undefined;
  }
}
