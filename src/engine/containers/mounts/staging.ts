import { closeSync, constants, fstatSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { GantryError, errnoOf, messageOf } from '../../../base/errors.ts';
import { KeyedLocks } from '../../../base/locks.ts';
import { O_CLOEXEC, O_DIRECTORY, O_PATH, openAt2, resolve } from '../../../host/files.ts';
import { bindMount, mountOverlay, unmount } from '../../../host/mount.ts';
import { mountRestrictions } from '../../../host/mount-flags.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { ResolvedMount } from '../../../runtime/spec/spec-input.ts';
import type { Snapshotter } from '../../../store/snapshots/snapshotter.ts';
import type { ExtractionWorkers } from '../../../store/snapshots/workers.ts';
import type { EventBus } from '../../events/bus.ts';
import { fillVolume } from '../../volumes/fill.ts';
import type { VolumeMounts } from '../../volumes/volume-mounts.ts';
import type { MountedRoot, RootFilesystems } from '../ports.ts';
import type { ContainerRecord, MountPoint } from '../record.ts';
import { removeMountPoint } from './mount-point.ts';
import { tellMounted, tellUnmounted, volumesOf } from './volume-events.ts';

export interface StagingOptions {
  /** Private mounts that live for moments. */
  directory: string;
  volumes: Pick<VolumeMounts, 'hold' | 'settle'>;
  rootfs: Pick<RootFilesystems, 'mount'>;
  snapshots: Pick<Snapshotter, 'acquire'>;
  workers: Pick<ExtractionWorkers, 'copyTree' | 'removeTree'>;
  events: EventBus;
}

/** What a container's mounts stand on, made ready for the OCI runtime to take. */
export interface MountStaging {
  /** Sources as they are to be mounted: volumes mounted, subpaths and images pinned at places of their own. `held` gives everything back once they were taken. */
  stage(record: ContainerRecord, held: AsyncDisposableStack): Promise<ResolvedMount[]>;
  /** Mounts `source` on what the path `target` names, a descriptor's too. Read-only from its first moment. */
  show(source: string, target: string, options: { readOnly: boolean; recursive: boolean }): void;
  /** Copies what the image has into volumes that are empty. */
  populate(record: ContainerRecord): Promise<void>;
  /** The runtime has taken them. */
  taken(record: ContainerRecord): void;
  /** The container has let go: volumes that nobody uses any more are unmounted. */
  ended(record: ContainerRecord): Promise<void>;
}

export function createMountStaging(options: StagingOptions): MountStaging {
  const { volumes, events } = options;
  const places = new Places(options);
  // By volume: two containers may find the same one empty.
  const filling = new KeyedLocks();
  return {
    async stage(record, held) {
      const staged: ResolvedMount[] = [];
      for (const mount of record.mounts) staged.push(await stageOne(mount, { places, volumes, held }));
      return staged;
    },
    show: (source, target, how) => places.show(source, target, how),
    populate: (record) => populate(options, filling, record),
    taken(record) {
      for (const mount of volumesOf(record)) tellMounted(events, record, mount);
    },
    async ended(record) {
      for (const mount of volumesOf(record)) {
        await volumes.settle(mount.name, record.id);
        tellUnmounted(events, record, mount);
      }
    },
  };
}

interface Stage { places: Places; volumes: StagingOptions['volumes']; held: AsyncDisposableStack }

async function stageOne(mount: MountPoint, { places, volumes, held }: Stage): Promise<ResolvedMount> {
  const { resolved, subpath } = mount;
  const within = (path: string): string => (subpath === undefined ? path : held.use(places.pin(path, subpath)).path);
  if (mount.type === 'image') return { ...resolved, source: within(held.use(await places.image(mount.image?.layers ?? [])).path) };
  if (mount.type === 'volume') {
    const { path } = held.use(await volumes.hold(mount.name ?? ''));
    checkIsThere(path);
    return restricted({ ...resolved, source: within(path) });
  }
  return mount.type === 'bind' ? restricted(resolved) : resolved;
}

/** crun gives a bind mount the flags it is told and no others: those that its source has already are told too. */
function restricted(mount: ResolvedMount): ResolvedMount {
  const source = mount.source ?? '';
  const stat = statSync(source, { throwIfNoEntry: false });
  // A start makes or refuses it; a look into a stopped container leaves it out.
  if (stat === undefined) return mount;
  const restrictions = mountRestrictions(source);
  return {
    ...mount, readOnly: mount.readOnly || restrictions.includes('ro'), options: [...mount.options, ...restrictions.filter((word) => word !== 'ro')],
    // A file has nothing mounted below it: told to make that read-only too, crun takes it for a directory and fails.
    recursiveReadOnly: mount.recursiveReadOnly && stat.isDirectory(),
  };
}

function checkIsThere(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) throw new GantryError('internal', `the volume's directory ${path} is missing`);
}

/** Places of staged mounts: `<directory>/stage-<n>`. */
class Places {
  readonly #options: StagingOptions;
  #made = 0;

  constructor(options: StagingOptions) {
    this.#options = options;
  }

  /** An image's files, read-only. */
  async image(layers: readonly Digest[]): Promise<MountedRoot> {
    const lowers = await this.#options.snapshots.acquire(layers);
    const path = this.#next();
    try {
      mkdirSync(path, { mode: 0o700 });
      mountOverlay({ lower: lowers.directories, target: path, readOnly: true });
    } catch (error) {
      removeMountPoint(path);
      await lowers.release();
      throw error;
    }
    return {
      path,
      async [Symbol.asyncDispose]() {
        release(path);
        await lowers.release();
      },
    };
  }

  /**
   * A file or directory below `root`, held by a mount: what its path leads to may change, this does not. No link in the path leads out.
   * @throws invalid
   */
  pin(root: string, subpath: string): Disposable & { path: string } {
    const rootFd = openSync(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    try {
      const fd = openBeneath(rootFd, subpath);
      try {
        const path = this.#place(fstatSync(fd).isDirectory());
        try {
          bindMount(`/proc/self/fd/${fd}`, path, { recursive: true });
        } catch (error) {
          removeMountPoint(path);
          throw error;
        }
        return { path, [Symbol.dispose]: () => release(path) };
      } finally {
        closeSync(fd);
      }
    } finally {
      closeSync(rootFd);
    }
  }

  /** Made at a place of its own first: a mount on a descriptor cannot be changed through that descriptor, and a copy of a mount keeps its flags. */
  show(source: string, target: string, { readOnly, recursive }: { readOnly: boolean; recursive: boolean }): void {
    if (!readOnly) return bindMount(source, target, { recursive });
    const place = this.#place(statSync(source).isDirectory());
    try {
      bindMount(source, place, { readOnly, recursive });
      bindMount(place, target, { recursive });
    } finally {
      release(place);
    }
  }

  #place(directory: boolean): string {
    const path = this.#next();
    if (directory) mkdirSync(path, { mode: 0o700 });
    else writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
    return path;
  }

  #next(): string {
    return join(this.#options.directory, `stage-${++this.#made}`);
  }
}

function openBeneath(root: number, subpath: string): number {
  try {
    return openAt2(root, subpath, O_PATH, resolve.beneath | resolve.noMagicLinks);
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new GantryError('notFound', `cannot access path ${subpath}: no such file or directory`, { cause });
    if (code === 'EXDEV' || code === 'ELOOP') throw new GantryError('invalid', `cannot access path ${subpath}: it leads out of what is mounted`, { cause });
    throw cause;
  }
}

/** Lazily, as the runtime's own copy of the mount stays. Then the place is an empty directory or file of ours again. */
function release(path: string): void {
  unmount(path, { lazy: true });
  removeMountPoint(path);
}

async function populate({ volumes, rootfs, workers }: StagingOptions, filling: KeyedLocks, record: ContainerRecord): Promise<void> {
  await using held = new AsyncDisposableStack();
  let root: MountedRoot | undefined;
  for (const mount of volumesOf(record).filter(({ copyUp }) => copyUp)) {
    root ??= held.use(await rootfs.mount(record.id, record.layers, { readOnly: true }));
    const from = openInImage(root.path, mount.destination);
    // Nothing to copy: the volume need not be mounted, so a server that does not answer is no matter yet.
    if (from === undefined) continue;
    held.defer(() => closeSync(from));
    const { path, beside } = held.use(await volumes.hold(mount.name));
    try {
      await filling.run(mount.name, () => fillVolume({
        from, to: path, beside, copyTree: (source, target) => workers.copyTree(source, target), removeTree: (place) => workers.removeTree(place),
      }));
    } catch (cause) {
      throw copyFailure(cause, path);
    }
  }
}

/** The copy goes through descriptors, whose names would tell nobody anything. */
function copyFailure(cause: unknown, path: string): GantryError {
  // A worker's error comes as the cause of ours.
  const code = errnoOf(cause) ?? errnoOf((cause as Error).cause);
  const number = Object.entries(os.errno).find(([name]) => name === code)?.[1];
  const why = number === undefined ? messageOf(cause) : getSystemErrorMessage(-number);
  return new GantryError(code === 'ENOSPC' || code === 'EDQUOT' ? 'exhausted' : 'internal', `failed to copy files: write ${path}: ${why}`, { cause });
}

/** A directory of the image, links taken as a container would; undefined when there is none. */
function openInImage(root: string, path: string): number | undefined {
  const rootFd = openSync(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  try {
    return openAt2(rootFd, path, constants.O_RDONLY | O_DIRECTORY, resolve.inRoot | resolve.noMagicLinks);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
