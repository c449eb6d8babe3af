import { chmodSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { nowNanos } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { fsyncDirectory } from '../../host/files.ts';
import type { Metadata, Table } from '../../store/metadata/metadata.ts';
import type { VolumeRecord } from '../../store/records.ts';
import { finishFill } from './fill.ts';
import { unmountAll } from './volume-mounts.ts';
import { checkSameVolume, checkVolumeRequest, type VolumeRequest } from './volume-request.ts';

/** The lock that keeps making a container with a volume and removing the volume apart. */
export const volumesLock = 'volumes';

/** A change of a name under way, one at a time: written before the directory is renamed, gone with the record's change. */
interface Rename { from: string; to: string }
const renameKey = 'volume-rename';

/** A volume that is there, or whose directory is there and whose record is still to be written. */
export interface PreparedVolume { volume: VolumeRecord; path: string; isNew: boolean }

/**
 * Volumes of the driver `local`: directories `<volumes>/<name>/_data`. The record makes the volume: a directory without one is left over
 * from a create that did not finish, and is swept.
 */
export class LocalVolumes {
  readonly #metadata: Metadata;
  readonly #table: Table<VolumeRecord>;
  readonly #settings: Table<Rename>;
  readonly #directory: string;
  /** Names whose contents are being written, which takes longer than a lock should. */
  readonly #making = new Set<string>();

  constructor(metadata: Metadata, directory: string) {
    this.#metadata = metadata;
    this.#table = metadata.table<VolumeRecord>('volumes');
    this.#settings = metadata.table<Rename>('settings');
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o701 });
    const cutOff = this.#settings.get(renameKey);
    if (cutOff !== undefined) this.#finishRename(cutOff);
  }

  get(name: string): VolumeRecord | undefined {
    return this.#table.get(name);
  }

  all(): VolumeRecord[] {
    return this.#table.all();
  }

  pathOf(name: string): string {
    return join(this.#directory, name, '_data');
  }

  /** Finds it, or makes its directory. The caller then commits or discards. @throws invalid, conflict */
  prepare(request: VolumeRequest): PreparedVolume {
    checkVolumeRequest(request);
    const name = request.name || newId();
    const known = this.#table.get(name);
    if (known !== undefined) {
      checkSameVolume(known, request);
      return { volume: known, path: this.pathOf(name), isNew: false };
    }
    if (this.#making.has(name)) throw new GantryError('conflict', `create ${name}: a volume named "${name}" is being made`);
    // The parent is passable and not readable: contents are for those who know the name.
    mkdirSync(join(this.#directory, name), { recursive: true, mode: 0o701 });
    mkdirSync(this.pathOf(name), { recursive: true, mode: 0o755 });
    chmodSync(this.pathOf(name), 0o755);
    const volume: VolumeRecord = {
      name, driver: 'local', options: request.options ?? {}, ...(request.labels && { labels: request.labels }),
      createdAtMs: Number(nowNanos() / 1_000_000n), anonymous: !request.name,
    };
    return { volume, path: this.pathOf(name), isNew: true };
  }

  /** Synchronous, so that it can be part of a larger transaction. */
  commit(prepared: PreparedVolume): void {
    if (prepared.isNew) this.#table.put(prepared.volume.name, prepared.volume);
  }

  /** Commits by itself, durably; what cannot be written is discarded. */
  async keep(prepared: PreparedVolume): Promise<void> {
    if (!prepared.isNew) return;
    try {
      this.#metadata.transaction(() => this.commit(prepared), { durable: true });
    } catch (error) {
      await this.discard(prepared);
      throw error;
    }
  }

  async discard(prepared: PreparedVolume): Promise<void> {
    if (prepared.isNew && this.#table.get(prepared.volume.name) === undefined) await this.#removeDirectory(prepared.volume.name);
  }

  /**
   * A new volume whose contents are written before anyone can see it. Its name is taken meanwhile.
   * @throws conflict when there is one of that name
   */
  async make(request: VolumeRequest & { name: string }, fill: (path: string) => Promise<void>): Promise<PreparedVolume> {
    const { name } = request;
    if (this.#table.get(name) !== undefined) throw new GantryError('conflict', `create ${name}: a volume named "${name}" already exists. Choose a different volume name`);
    const prepared = this.prepare(request);
    this.#making.add(name);
    try {
      await this.#filled(prepared, fill);
      await this.keep(prepared);
      return prepared;
    } finally {
      this.#making.delete(name);
    }
  }

  async #filled(prepared: PreparedVolume, fill: (path: string) => Promise<void>): Promise<void> {
    try {
      await fill(prepared.path);
    } catch (error) {
      await this.discard(prepared);
      throw error;
    }
  }

  /** Nobody uses it: the caller has looked, under the lock. The record goes first, durably: a directory without one is swept at the next start. */
  async delete(name: string): Promise<void> {
    this.#metadata.transaction(() => this.forget(name), { durable: true });
    await this.#removeDirectory(name);
  }

  /** Deletes the record alone, as part of a larger transaction. The directory is then `discard`ed, or swept at the next start. */
  forget(name: string): void {
    // Before anything: what is mounted there is not ours to remove.
    unmountAll(this.pathOf(name));
    this.#table.delete(name);
  }

  /** Nobody uses it. The intent is written first: a daemon killed in between finishes the change at its next start. @throws conflict */
  rename(from: string, to: string): VolumeRecord {
    checkVolumeRequest({ name: to });
    if (this.#table.get(to) !== undefined || this.#making.has(to)) throw new GantryError('conflict', `rename ${from}: a volume named "${to}" already exists. Choose a different volume name`);
    unmountAll(this.pathOf(from));
    this.#metadata.transaction(() => this.#settings.put(renameKey, { from, to }), { durable: true });
    return this.#finishRename({ from, to });
  }

  /** Safe to repeat. */
  #finishRename({ from, to }: Rename): VolumeRecord {
    try {
      renameSync(join(this.#directory, from), join(this.#directory, to));
      fsyncDirectory(this.#directory);
    } catch (error) {
      // Renamed already, before the daemon was killed.
      if (errnoOf(error) !== 'ENOENT') {
        this.#settings.delete(renameKey);
        throw error;
      }
    }
    const volume = { ...(this.#table.get(from) as VolumeRecord), name: to, anonymous: false };
    this.#metadata.transaction(() => {
      this.#table.delete(from);
      this.#table.put(to, volume);
      this.#settings.delete(renameKey);
    }, { durable: true });
    return volume;
  }

  /** Directories of volumes that no record knows; and copies into volumes that were cut off when all was there. */
  async sweep(): Promise<void> {
    for (const name of readdirSync(this.#directory)) {
      if (this.#table.get(name) === undefined) await this.#removeDirectory(name);
      else finishFill(this.pathOf(name), join(this.#directory, name));
    }
  }

  async #removeDirectory(name: string): Promise<void> {
    const home = join(this.#directory, name);
    unmountAll(home);
    await rm(home, { recursive: true, force: true });
  }
}
