import { accessSync, constants, lstatSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { bindMount, makePrivate, mountOf, mountOverlay, mounts, unmount } from '../../host/mount.ts';
import type { ContainerLayers } from '../../store/snapshots/container-layers.ts';
import type { Snapshotter } from '../../store/snapshots/snapshotter.ts';
import { removeMountPoint } from './mounts/mount-point.ts';
import type { MountedRoot, RootFilesystems } from './ports.ts';

/**
 * Writable layers of containers, mounted over their image's layers at `<mounts>/root-<n>` only while a container is
 * being started or looked into: a running container keeps its own mount, so the host's table stays short.
 * The directory of mounts is a private mount itself, so that no other namespace holds what is unmounted here.
 */
export function createRootFilesystems(options: { layers: ContainerLayers; containersDirectory: string; mountsDirectory: string; /** Lies over every image: see store's init-layer. */ initLayer: string; snapshots: Pick<Snapshotter, 'acquire'> }): RootFilesystems & { open(): void; close(): void } {
  const { layers, containersDirectory, mountsDirectory, initLayer, snapshots } = options;
  const places = new MountPlaces(mountsDirectory);
  /** Where writable views of a container are mounted right now. */
  const views = new Map<string, Set<string>>();
  return {
    open() {
      mkdirSync(mountsDirectory, { recursive: true, mode: 0o700 });
      if (mountOf(mountsDirectory)?.target !== mountsDirectory) bindMount(mountsDirectory, mountsDirectory);
      makePrivate(mountsDirectory);
    },
    close() {
      while (unmount(mountsDirectory, { lazy: true }));
    },
    create: async (id) => {
      layers.create(id);
    },
    mount: async (id, chainIds, { readOnly = false } = {}) => {
      const lowers = await snapshots.acquire(chainIds);
      // Two looks at one container at a time have a place each.
      const target = places.take();
      try {
        const { upper, work } = layers.paths(id);
        const lower = [initLayer, ...lowers.directories];
        // Overlay empties the work directory whenever it is mounted, and breaks every other mount that has it: so there is one overlay
        // of an upper directory at a time, seen at several places, and who only reads takes the upper directory for one more lower one.
        const [view] = readOnly ? [] : views.get(id) ?? [];
        if (view !== undefined) bindMount(view, target);
        else if (readOnly) mountOverlay({ lower: [upper, ...lower], target, readOnly });
        else mountWritable({ lower, upper, work, target });
        if (!readOnly) views.set(id, (views.get(id) ?? new Set()).add(target));
      } catch (error) {
        places.giveBack(target);
        await lowers.release();
        throw overlayRefused(error, containersDirectory);
      }
      return mountedRoot(target, () => {
        const left = views.get(id);
        left?.delete(target);
        if (left?.size === 0) views.delete(id);
      }, async () => {
        places.giveBack(target);
        await lowers.release();
      });
    },
    remove: async (id) => {
      layers.remove(id);
      // The log lies beside the layer.
      const directory = join(containersDirectory, id);
      if (!removedAtOnce(directory)) await rm(directory, { recursive: true, force: true });
    },
    usage: (id) => layers.usage(id),
    sweep: async () => {
      const left = mounts().filter((mount) => mount.target.startsWith(`${mountsDirectory}/`));
      for (const { target } of left.reverse()) unmount(target, { lazy: true });
      for (const name of readdirSync(mountsDirectory)) if (!isPlace(name)) removeMountPoint(join(mountsDirectory, name));
    },
  };
}

/** Filesystems that are overlays themselves, or lack what one needs, answer EINVAL; the kernel's log has the reason. */
function overlayRefused(error: unknown, directory: string): unknown {
  if (errnoOf(error) !== 'EINVAL') return error;
  const type = mountOf(directory)?.type ?? 'unknown';
  return new GantryError('unavailable', `the filesystem of ${directory} (${type}) cannot hold root filesystems of containers: the kernel mounts no overlay on it. `
    + "Give 'gantry daemon' a --root on ext4, xfs, btrfs or tmpfs (in a container: on a volume)", { cause: error });
}

/** Where the kernel cannot make the overlay's work directory, it mounts for reading only and does not say so. @throws exhausted */
function mountWritable(options: { lower: string[]; upper: string; work: string; target: string }): void {
  mountOverlay(options);
  try {
    accessSync(options.target, constants.W_OK);
  } catch (cause) {
    unmount(options.target, { lazy: true });
    throw errnoOf(cause) === 'EROFS' ? new GantryError('exhausted', "no space left on device for the container's layer", { cause, hint: 'Free some space under the root directory.' }) : cause;
  }
}

const isPlace = (name: string): boolean => /^root-\d+$/.test(name);

/**
 * Directories to mount on, as many as were ever needed at a time. They are used again and never removed: runc goes to the directory that it was
 * given as the root of a container, whatever lies there by then, before it joins the container for an exec.
 */
class MountPlaces {
  readonly #directory: string;
  readonly #free: string[] = [];
  #made = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  take(): string {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const path = join(this.#directory, `root-${++this.#made}`);
    mkdirSync(path, { recursive: true, mode: 0o700 }); // an earlier daemon's may be there
    return path;
  }

  giveBack(path: string): void {
    this.#free.push(path);
  }
}

/** Larger files take the disk its time: in libuv's threads. */
const atOnceBytes = 4 * 1024 * 1024;

/** A directory of few and small files, for three system calls each; false when something is left. */
function removedAtOnce(directory: string): boolean {
  try {
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      if (lstatSync(path).size > atOnceBytes) return false;
      unlinkSync(path);
    }
    rmdirSync(directory);
    return true;
  } catch {
    return false; // not there, or no file: left to who knows all cases
  }
}

function mountedRoot(path: string, leave: () => void, release: () => Promise<void>): MountedRoot {
  return {
    path,
    async [Symbol.asyncDispose]() {
      leave();
      unmount(path, { lazy: true });
      await release();
    },
  };
}
