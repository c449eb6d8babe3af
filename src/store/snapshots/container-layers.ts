import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { opendir, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { decodeName } from '../../base/file-names.ts';
import { pathOf } from '../../host/files.ts';
import { Trash } from './trash.ts';
import { ExtractionWorkers } from './workers.ts';

/** The writable layer of a container: what overlay calls upper and work directory, and the place where the whole is mounted. */
export interface ContainerLayer { upper: string; work: string; merged: string }

/** `containers/<id>/layer/{upper,work,merged}`: made at create, kept over restarts, removed with the container. */
export class ContainerLayers {
  readonly #directory: string;
  readonly #trash: Trash;

  constructor(directory: string, workers: ExtractionWorkers = new ExtractionWorkers()) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    this.#trash = new Trash(join(directory, '.trash'), workers);
  }

  /** @throws conflict when it is there already. */
  create(id: string): ContainerLayer {
    const layer = this.paths(id);
    const home = this.#home(id);
    mkdirSync(join(this.#directory, id), { recursive: true, mode: 0o711 });
    try {
      mkdirSync(home, { mode: 0o711 });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      throw new GantryError('conflict', `container ${id} has a layer already`, { cause: error });
    }
    // The root of the container's filesystem takes upper's mode.
    mkdirSync(layer.upper, { mode: 0o755 });
    mkdirSync(layer.work, { mode: 0o700 });
    mkdirSync(layer.merged, { mode: 0o755 });
    return layer;
  }

  paths(id: string): ContainerLayer {
    if (!/^[\w.-]+$/.test(id) || id.startsWith('.')) throw new GantryError('internal', `bad container id ${JSON.stringify(id)}`);
    const home = this.#home(id);
    return { upper: join(home, 'upper'), work: join(home, 'work'), merged: join(home, 'merged') };
  }

  has(id: string): boolean {
    return existsSync(this.paths(id).upper);
  }

  /** Gone by name when it returns; the caller has unmounted it. Missing is done. */
  remove(id: string): void {
    this.paths(id);
    void this.#trash.take(this.#home(id));
    try {
      if (readdirSync(join(this.#directory, id)).length === 0) rmSync(join(this.#directory, id), { recursive: true });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  /** Apparent bytes of what the container wrote: Docker's SizeRw. A file with several names counts once. */
  async usage(id: string, signal?: AbortSignal): Promise<number> {
    return await treeBytes(this.paths(id).upper, new Set(), signal);
  }

  /** Ids that have a layer. */
  list(): string[] {
    return readdirSync(this.#directory).filter((id) => !id.startsWith('.') && this.has(id));
  }

  async settled(): Promise<void> {
    await this.#trash.settled();
  }

  #home(id: string): string {
    return join(this.#directory, id, 'layer');
  }
}

async function treeBytes(directory: string, seen: Set<string>, signal: AbortSignal | undefined): Promise<number> {
  let bytes = 0;
  try {
    for await (const item of await opendir(pathOf(directory), { encoding: 'buffer' as BufferEncoding })) {
      signal?.throwIfAborted();
      const path = join(directory, decodeName(item.name as unknown as Buffer));
      if (item.isDirectory()) {
        bytes += await treeBytes(path, seen, signal);
      } else if (item.isFile()) {
        bytes += await fileBytes(path, seen);
      }
    }
  } catch (error) {
    // A running container removes files while they are counted.
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return bytes;
}

async function fileBytes(path: string, seen: Set<string>): Promise<number> {
  const found = await lstat(pathOf(path)).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return 0;
  if (found.nlink > 1) {
    const key = `${found.dev}:${found.ino}`;
    if (seen.has(key)) return 0;
    seen.add(key);
  }
  return found.size;
}
