import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { removeTree } from './remove-tree.ts';
import type { ExtractionWorkers } from './workers.ts';

/** Members that are removed at once, on the caller's thread: about a millisecond. A worker's start costs more. */
const smallTree = 200;

/**
 * Removal in two steps: one rename, after which the thing is gone by name, then the slow part, small trees at once and large ones in
 * a worker thread. What a dead daemon left is removed when the trash is opened.
 */
export class Trash {
  readonly #directory: string;
  readonly #workers: ExtractionWorkers;
  readonly #running = new Set<Promise<void>>();

  constructor(directory: string, workers: ExtractionWorkers) {
    this.#directory = directory;
    this.#workers = workers;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) this.#remove(join(directory, name));
  }

  /** Takes a file or tree of the same filesystem away. Missing is done. */
  take(path: string): void {
    const away = join(this.#directory, `${basename(path).slice(0, 32)}-${newId().slice(0, 12)}`);
    try {
      renameSync(path, away);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw error;
    }
    this.#remove(away);
  }

  #remove(path: string): void {
    if (removeTree(path, smallTree)) return;
    // What a worker fails to remove is tried again at the next start.
    const work = this.#workers.removeTree(path).catch(() => undefined).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  /** Everything taken so far is gone from the disk. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}
