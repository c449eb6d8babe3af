import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { KeyedLocks } from '../../base/locks.ts';
import { hexOf, type Digest } from '../../oci/digest.ts';
import type { LayerFile } from './growth.ts';
import type { LayerForm } from './layer-form.ts';
import type { AppliedLayer, Lowers, Snapshotter } from './snapshotter.ts';
import { Trash } from './trash.ts';
import type { ExtractionWorkers } from './workers.ts';

export interface LayerSnapshotterOptions {
  /** `snapshots/`: holds one folder a layer, `new/` and `trash/`. */
  directory: string;
  workers: ExtractionWorkers;
  /** New layers take the first; the others are for layers that are there already. */
  forms: readonly [LayerForm, ...LayerForm[]];
  /** Against decompression bombs: bytes one layer may unpack to. */
  maxLayerBytes?: number;
}

interface LayerNote extends AppliedLayer {
  chainId: Digest;
  form: Snapshotter['kind'];
  /** Directories (see ImpliedDirectories) that have yet to take their attributes from the layers below, which may come later than this one. */
  implied?: readonly string[];
}

/** Half of the hash: more than 60 layers then fit into one page of mount options. The note inside names the whole chain id. */
const nameDigits = 32;
const noteName = 'layer.json';

/**
 * One folder a layer; `layer.json` inside says what it is, the rest is the form's. Half-made layers lie in `new/`, removed ones in
 * `trash/`; both are emptied when a daemon opens the directory.
 */
export class LayerSnapshotter implements Snapshotter {
  readonly kind: Snapshotter['kind'];
  readonly #directory: string;
  /** The threads that touch layers; others may give them work. */
  readonly workers: ExtractionWorkers;
  readonly #forms: readonly [LayerForm, ...LayerForm[]];
  readonly #maxLayerBytes: number;
  readonly #locks = new KeyedLocks();
  readonly #notes = new Map<Digest, LayerNote>();
  readonly #inUse = new Map<Digest, number>();
  /** What is known to be on disk. */
  readonly #settled = new Set<Digest>();
  readonly #trash: Trash;

  constructor(options: LayerSnapshotterOptions) {
    this.kind = options.forms[0].kind;
    this.#directory = options.directory;
    this.workers = options.workers;
    this.#forms = options.forms;
    this.#maxLayerBytes = options.maxLayerBytes ?? Infinity;
    mkdirSync(join(options.directory, 'new'), { recursive: true, mode: 0o700 });
    this.#trash = new Trash(join(options.directory, 'trash'), this.workers);
    void this.#trash.take(join(options.directory, 'new'));
    mkdirSync(join(options.directory, 'new'), { mode: 0o700 });
    this.#readNotes();
  }

  has(chainId: Digest): boolean {
    return this.#notes.has(chainId);
  }

  apply(chainId: Digest, layer: Readable | LayerFile, options: { diffId?: Digest; signal?: AbortSignal }): Promise<AppliedLayer> {
    const { signal } = options;
    const turn = Promise.withResolvers<never>();
    const leave = (): void => turn.reject(signal?.reason);
    signal?.addEventListener('abort', leave, { once: true });
    const applied = this.#locks.run(chainId, async () => {
      // From here on it ends by itself, when all that was begun is undone.
      signal?.removeEventListener('abort', leave);
      signal?.throwIfAborted();
      const there = this.#notes.get(chainId);
      if (there === undefined) return await this.#apply(chainId, layer, options);
      if (!('file' in layer)) for await (const _ of layer) options.signal?.throwIfAborted();
      return { diffId: there.diffId, tarBytes: there.tarBytes, unpackedBytes: there.unpackedBytes };
    });
    return Promise.race([applied, turn.promise]);
  }

  async #apply(chainId: Digest, layer: Readable | LayerFile, options: { diffId?: Digest; signal?: AbortSignal }): Promise<AppliedLayer> {
    const making = join(this.#directory, 'new', newId().slice(0, 16));
    try {
      mkdirSync(making, { mode: 0o755 });
      const form = this.#forms[0];
      const limits = { maxBytes: this.#maxLayerBytes, ...(options.signal === undefined ? {} : { signal: options.signal }) };
      const { tarDigest: diffId, tarBytes, unpackedBytes, implied, form: taken = form.kind } = await form.make(making, layer, limits);
      if (options.diffId !== undefined && options.diffId !== diffId) {
        throw new GantryError('invalid', `layer digest mismatch: expected diffID ${options.diffId}, got ${diffId}`);
      }
      const note: LayerNote = { chainId, diffId, tarBytes, unpackedBytes, form: taken, ...(implied.length === 0 ? {} : { implied }) };
      writeFileSync(join(making, noteName), JSON.stringify(note));
      renameSync(making, this.#home(chainId));
      this.#notes.set(chainId, note);
      return { diffId, tarBytes, unpackedBytes };
    } catch (error) {
      await this.#trash.take(making);
      throw error;
    }
  }

  async settle(chainIds: Iterable<Digest>): Promise<void> {
    const waiting = [...new Set(chainIds)].filter((chainId) => !this.#settled.has(chainId) && this.has(chainId));
    if (waiting.length === 0) return;
    const files: string[] = [];
    let tree: string | undefined;
    for (const chainId of waiting) {
      const home = this.#home(chainId);
      const { content } = this.#formOf(this.#notes.get(chainId) as LayerNote);
      if (content === 'tree') tree = home;
      else files.push(...[...content, noteName, '.'].map((name) => join(home, name)));
    }
    await this.workers.sync({ files: [...files, this.#directory], ...(tree === undefined ? {} : { tree }) });
    for (const chainId of waiting) this.#settled.add(chainId);
  }

  async remove(chainId: Digest, goes = (): boolean => true): Promise<boolean> {
    return await this.#locks.run(chainId, () => {
      if ((this.#inUse.get(chainId) ?? 0) > 0) throw new GantryError('conflict', `layer ${chainId} is in use`);
      const note = this.#notes.get(chainId);
      if (note === undefined || !goes()) return false;
      this.#formOf(note).hide(this.#home(chainId));
      this.#notes.delete(chainId);
      this.#settled.delete(chainId);
      void this.#trash.take(this.#home(chainId));
      return true;
    });
  }

  async acquire(chainIds: readonly Digest[]): Promise<Lowers> {
    for (const chainId of chainIds) if (!this.#notes.has(chainId)) throw new GantryError('notFound', `layer ${chainId} not found`);
    // From here on they stay: nothing was waited for.
    for (const chainId of chainIds) this.#use(chainId, 1);
    let held = true;
    const release = async (): Promise<void> => {
      if (held) for (const chainId of chainIds) this.#use(chainId, -1);
      held = false;
    };
    try {
      const directories: string[] = [];
      for (const chainId of chainIds) {
        if (this.#note(chainId).implied !== undefined) await this.#locks.run(chainId, () => this.#inherit(chainId, directories));
        directories.unshift(this.#formOf(this.#note(chainId)).show(this.#home(chainId)));
      }
      return { directories, release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** The first time that a layer is shown on top of its lower ones, which its chain id names too. A daemon that dies in between does it again. */
  async #inherit(chainId: Digest, lowers: readonly string[]): Promise<void> {
    const { implied, ...note } = this.#note(chainId);
    if (implied === undefined) return;
    const home = this.#home(chainId);
    await this.#formOf(note).inherit(home, { implied, lowers });
    writeFileSync(join(home, `${noteName}.new`), JSON.stringify(note));
    renameSync(join(home, `${noteName}.new`), join(home, noteName));
    this.#notes.set(chainId, note);
  }

  #note(chainId: Digest): LayerNote {
    return this.#notes.get(chainId) as LayerNote;
  }

  async list(): Promise<Digest[]> {
    return [...this.#notes.keys()];
  }

  async usage(chainId: Digest): Promise<number> {
    const note = this.#notes.get(chainId);
    if (note === undefined) throw new GantryError('notFound', `layer ${chainId} not found`);
    return this.#formOf(note).usage(this.#home(chainId), note.unpackedBytes);
  }

  /** Hides every layer, waits until what was removed is gone from the disk, and ends the threads. */
  async close(): Promise<void> {
    for (const note of this.#notes.values()) this.#forms.find((form) => form.kind === note.form)?.hide(this.#home(note.chainId));
    await this.#trash.settled();
    await this.workers.close();
  }

  #use(chainId: Digest, by: number): void {
    const now = (this.#inUse.get(chainId) ?? 0) + by;
    if (now > 0) this.#inUse.set(chainId, now);
    else this.#inUse.delete(chainId);
  }

  #formOf(note: LayerNote): LayerForm {
    const form = this.#forms.find((each) => each.kind === note.form);
    if (form !== undefined) return form;
    throw new GantryError('unavailable', `layer ${note.chainId} is kept in the form ${JSON.stringify(note.form)}, which this kernel cannot show`, {
      hint: 'Boot the kernel it was made with, or remove the image and fetch it again.',
    });
  }

  #home(chainId: Digest): string {
    return join(this.#directory, hexOf(chainId).slice(0, nameDigits));
  }

  /** What is there when the directory is opened; afterwards only this object changes it. */
  #readNotes(): void {
    for (const name of readdirSync(this.#directory)) {
      if (name.length !== nameDigits) continue;
      const note = readNote(join(this.#directory, name));
      // A folder without a note is what a power cut left of a layer that nobody had settled.
      if (note === undefined) void this.#trash.take(join(this.#directory, name));
      else this.#notes.set(note.chainId, note);
    }
  }
}

function readNote(home: string): LayerNote | undefined {
  try {
    return JSON.parse(readFileSync(join(home, noteName), 'utf8')) as LayerNote;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
