import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { KeyedLocks } from '../../base/locks.ts';
import { fsyncDirectory } from '../../host/files.ts';
import { hexOf, type Digest } from '../../oci/digest.ts';
import type { AppliedLayer, Lowers, Snapshotter } from './snapshotter.ts';
import { Trash } from './trash.ts';
import { ExtractionWorkers } from './workers.ts';

export interface DirectorySnapshotterOptions {
  /** `snapshots/`: holds one directory a layer, `new/` and `trash/`. */
  directory: string;
  workers?: ExtractionWorkers;
  /** Against decompression bombs: bytes one layer may unpack to. */
  maxLayerBytes?: number;
}

interface LayerNote extends AppliedLayer { chainId: Digest }

/** Half of the hash: more than 60 layers then fit into one page of mount options. The note inside names the whole chain id. */
const nameDigits = 32;

/**
 * Each layer extracted: `<name>/fs` is the tree, `<name>/layer.json` says what it is. Half-made layers lie in `new/`, removed ones in
 * `trash/`; both are emptied when a daemon opens the directory.
 */
export function openDirectorySnapshotter(options: DirectorySnapshotterOptions): DirectorySnapshotter {
  return new DirectorySnapshotter(options);
}

export class DirectorySnapshotter implements Snapshotter {
  readonly kind = 'directories';
  readonly #directory: string;
  readonly #workers: ExtractionWorkers;
  readonly #maxLayerBytes: number;
  readonly #locks = new KeyedLocks();
  readonly #notes = new Map<Digest, LayerNote>();
  readonly #inUse = new Map<Digest, number>();
  readonly #trash: Trash;

  constructor(options: DirectorySnapshotterOptions) {
    this.#directory = options.directory;
    this.#workers = options.workers ?? new ExtractionWorkers();
    this.#maxLayerBytes = options.maxLayerBytes ?? Infinity;
    mkdirSync(join(options.directory, 'new'), { recursive: true, mode: 0o700 });
    this.#trash = new Trash(join(options.directory, 'trash'), this.#workers);
    this.#trash.take(join(options.directory, 'new'));
    mkdirSync(join(options.directory, 'new'), { mode: 0o700 });
  }

  has(chainId: Digest): boolean {
    return this.#note(chainId) !== undefined;
  }

  apply(chainId: Digest, layer: Readable | { file: string }, options: { diffId?: Digest; signal?: AbortSignal }): Promise<AppliedLayer> {
    return this.#locks.run(chainId, async () => {
      const there = this.#note(chainId);
      if (there === undefined) return await this.#apply(chainId, layer, options);
      if (!('file' in layer)) for await (const _ of layer) options.signal?.throwIfAborted();
      return { diffId: there.diffId, tarBytes: there.tarBytes, unpackedBytes: there.unpackedBytes };
    });
  }

  async #apply(chainId: Digest, layer: Readable | { file: string }, options: { diffId?: Digest; signal?: AbortSignal }): Promise<AppliedLayer> {
    const making = join(this.#directory, 'new', newId().slice(0, 16));
    try {
      mkdirSync(join(making, 'fs'), { recursive: true, mode: 0o755 });
      const { tarDigest: diffId, tarBytes, unpackedBytes } = await this.#workers.extract({
        source: layer, directory: join(making, 'fs'), whiteouts: 'overlay', maxBytes: this.#maxLayerBytes, ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      if (options.diffId !== undefined && options.diffId !== diffId) {
        throw new GantryError('invalid', `layer digest mismatch: expected diffID ${options.diffId}, got ${diffId}`);
      }
      const note: LayerNote = { chainId, diffId, tarBytes, unpackedBytes };
      writeFileSync(join(making, 'layer.json'), JSON.stringify(note), { flush: true });
      fsyncDirectory(making);
      renameSync(making, this.#home(chainId));
      fsyncDirectory(this.#directory);
      this.#notes.set(chainId, note);
      return { diffId, tarBytes, unpackedBytes };
    } catch (error) {
      this.#trash.take(making);
      throw error;
    }
  }

  async remove(chainId: Digest): Promise<void> {
    await this.#locks.run(chainId, () => {
      if ((this.#inUse.get(chainId) ?? 0) > 0) throw new GantryError('conflict', `layer ${chainId} is in use`);
      if (this.#note(chainId) === undefined) return;
      this.#notes.delete(chainId);
      this.#trash.take(this.#home(chainId));
    });
  }

  async acquire(chainIds: readonly Digest[]): Promise<Lowers> {
    for (const chainId of chainIds) {
      if (!this.has(chainId)) throw new GantryError('notFound', `layer ${chainId} not found`);
    }
    const count = (chainId: Digest, by: number): void => {
      const now = (this.#inUse.get(chainId) ?? 0) + by;
      if (now > 0) this.#inUse.set(chainId, now);
      else this.#inUse.delete(chainId);
    };
    for (const chainId of chainIds) count(chainId, 1);
    let held = true;
    return {
      directories: chainIds.map((chainId) => join(this.#home(chainId), 'fs')).reverse(),
      release: async () => {
        if (held) for (const chainId of chainIds) count(chainId, -1);
        held = false;
      },
    };
  }

  async list(): Promise<Digest[]> {
    const found: Digest[] = [];
    for (const name of await readdir(this.#directory)) {
      const note = name.length === nameDigits ? readNote(join(this.#directory, name)) : undefined;
      if (note !== undefined) found.push(note.chainId);
    }
    return found;
  }

  async usage(chainId: Digest): Promise<number> {
    const note = this.#note(chainId);
    if (note === undefined) throw new GantryError('notFound', `layer ${chainId} not found`);
    return note.unpackedBytes;
  }

  /** Waits until what was removed is gone from the disk, and ends the threads. */
  async close(): Promise<void> {
    await this.#trash.settled();
    await this.#workers.close();
  }

  #home(chainId: Digest): string {
    return join(this.#directory, hexOf(chainId).slice(0, nameDigits));
  }

  #note(chainId: Digest): LayerNote | undefined {
    const known = this.#notes.get(chainId);
    if (known !== undefined) return known;
    const note = readNote(this.#home(chainId));
    if (note === undefined) return undefined;
    if (note.chainId !== chainId) throw new GantryError('internal', `layers ${note.chainId} and ${chainId} share a directory name`);
    this.#notes.set(chainId, note);
    return note;
  }
}

function readNote(home: string): LayerNote | undefined {
  try {
    return JSON.parse(readFileSync(join(home, 'layer.json'), 'utf8')) as LayerNote;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
