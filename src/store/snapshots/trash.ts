import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rmdir, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { removeTree } from './remove-tree.ts';
import type { ExtractionWorkers } from './workers.ts';

/** Members that are removed at once, on the caller's thread: about a millisecond. A worker's start costs more. */
const smallTree = 200;

/** A folder of a few files, which may be large, and take long to go. */
const maxFiles = 8;

/**
 * Removal in two steps: one rename, after which the thing is gone by name, then the slow part: small trees at once, a few files in libuv's
 * threads, large trees in a worker. What a dead daemon left is removed when the trash is opened.
 */
export class Trash {
  readonly #directory: string;
  readonly #workers: ExtractionWorkers;
  readonly #running = new Set<Promise<void>>();
  /** One folder of files after the other: libuv's few threads are everybody's. */
  #filesGone: Promise<void> = Promise.resolve();

  constructor(directory: string, workers: ExtractionWorkers) {
    this.#directory = directory;
    this.#workers = workers;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) void this.#remove(join(directory, name));
  }

  /** Takes a file or tree of the same filesystem away, at once by name. Missing is done. Resolves when its space is free, or cannot be yet. */
  take(path: string): Promise<void> {
    const away = join(this.#directory, `${basename(path).slice(0, 32)}-${newId().slice(0, 12)}`);
    try {
      renameSync(path, away);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return Promise.resolve();
      throw error;
    }
    return this.#remove(away);
  }

  #remove(path: string): Promise<void> {
    const files = fewFiles(path);
    if (files === undefined && removeTree(path, smallTree)) return Promise.resolve();
    // What fails to go is tried again at the next start.
    const removal = files === undefined ? this.#workers.removeTree(path) : this.#filesGone.then(() => removeFiles(path, files));
    if (files !== undefined) this.#filesGone = removal.catch(() => undefined);
    const work = removal.catch(() => undefined).finally(() => this.#running.delete(work));
    this.#running.add(work);
    return work;
  }

  /** Everything taken so far is gone from the disk. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}

/** The names in a folder that holds a few files and nothing else. */
function fewFiles(path: string): string[] | undefined {
  try {
    const items = readdirSync(path, { withFileTypes: true });
    return items.length <= maxFiles && items.length > 0 && items.every((item) => item.isFile()) ? items.map(({ name }) => name) : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function removeFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await unlink(join(folder, name));
  await rmdir(folder);
}
