import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError } from '../../base/errors.ts';
import { nowNanos } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { O_DIRECTORY, O_PATH } from '../../host/files.ts';
import { copyTree, isEmptyDirectory } from '../../host/copy-tree.ts';
import { withInside } from '../../host/inside-root.ts';
import type { Metadata, Table } from '../../store/metadata/metadata.ts';
import type { VolumeRecord } from '../../store/records.ts';

/** The lock that keeps making a container with a volume and removing the volume apart. */
export const volumesLock = 'volumes';

export interface VolumeRequest { name?: string; driver?: string; options?: Record<string, string>; labels?: Record<string, string> }

/** A volume that is there, or whose directory is there and whose record is still to be written. */
export interface PreparedVolume { volume: VolumeRecord; path: string; isNew: boolean }

/**
 * Volumes of the driver `local`: directories `<volumes>/<name>/_data`. The record makes the volume: a directory without one is left over
 * from a create that did not finish, and is swept.
 */
export class LocalVolumes {
  readonly #table: Table<VolumeRecord>;
  readonly #directory: string;

  constructor(metadata: Metadata, directory: string) {
    this.#table = metadata.table<VolumeRecord>('volumes');
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o701 });
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
      if (request.driver && known.driver !== request.driver) {
        throw new GantryError('conflict', `a volume named "${name}" already exists with the ${known.driver} driver. Choose a different volume name`);
      }
      return { volume: known, path: this.pathOf(name), isNew: false };
    }
    mkdirSync(this.pathOf(name), { recursive: true, mode: 0o755 });
    const volume: VolumeRecord = {
      name, driver: 'local', options: request.options ?? {}, labels: request.labels ?? {},
      createdAtMs: Number(nowNanos() / 1_000_000n), anonymous: !request.name,
    };
    return { volume, path: this.pathOf(name), isNew: true };
  }

  /** Synchronous, so that it can be part of a larger transaction. */
  commit(prepared: PreparedVolume): void {
    if (prepared.isNew) this.#table.put(prepared.volume.name, prepared.volume);
  }

  discard(prepared: PreparedVolume): void {
    if (prepared.isNew && this.#table.get(prepared.volume.name) === undefined) rmSync(join(this.#directory, prepared.volume.name), { recursive: true, force: true });
  }

  /** The record first: a directory without one is swept at the next start. */
  async delete(name: string): Promise<void> {
    this.#table.delete(name);
    await rm(join(this.#directory, name), { recursive: true, force: true });
  }

  /** Directories of volumes that no record knows. */
  async sweep(): Promise<void> {
    for (const name of readdirSync(this.#directory)) {
      if (this.#table.get(name) === undefined) await rm(join(this.#directory, name), { recursive: true, force: true });
    }
  }

  /** Fills an empty volume with what the image has at `target`. */
  copyUp(path: string, rootfs: string, target: string): void {
    if (!isEmptyDirectory(path)) return;
    withInside(rootfs, target, (fd) => copyTree(`/proc/self/fd/${fd}/.`, path), O_PATH | O_DIRECTORY);
  }
}

function checkVolumeRequest(request: VolumeRequest): void {
  if (request.name?.length === 1) throw new GantryError('invalid', `create ${request.name}: volume name is too short, names should be at least two alphanumeric characters`);
  if (request.name && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(request.name)) {
    throw new GantryError('invalid', `create ${request.name}: "${request.name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`);
  }
  if (request.driver && request.driver !== 'local') {
    throw new GantryError('notFound', `error looking up volume plugin ${request.driver}: plugin "${request.driver}" not found`);
  }
  const [option] = Object.keys(request.options ?? {});
  if (option !== undefined) throw new GantryError('invalid', `create ${request.name ?? ''}: invalid option: "${option}"`);
}
