import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { bindMount, makePrivate, mountOf, mountOverlay, mounts, unmount } from '../../host/mount.ts';
import type { Snapshotter } from '../../store/snapshots/snapshotter.ts';
import { directoryBytes } from './directory-bytes.ts';
import type { MountedRoot, RootFilesystems } from './ports.ts';

/**
 * Writable layers in `<containers>/<id>/{diff,work}`, mounted over their image's layers at `<mounts>/<id>` only while a container is
 * being started or looked into: a running container keeps its own mount, so the host's table stays short.
 * The directory of mounts is a private mount itself, so that no other namespace holds what is unmounted here.
 */
export function createRootFilesystems(options: { containersDirectory: string; mountsDirectory: string; snapshots: Pick<Snapshotter, 'acquire'> }): RootFilesystems & { open(): void; close(): void } {
  const { containersDirectory, mountsDirectory, snapshots } = options;
  const layer = (id: string): { upper: string; work: string } => ({ upper: join(containersDirectory, id, 'diff'), work: join(containersDirectory, id, 'work') });
  let mounted = 0;
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
      const { upper, work } = layer(id);
      mkdirSync(join(containersDirectory, id), { mode: 0o710 });
      mkdirSync(upper, { mode: 0o755 });
      mkdirSync(work, { mode: 0o700 });
    },
    mount: async (id, layers, { readOnly = false } = {}) => {
      const lowers = await snapshots.acquire(layers);
      // Two looks at one container at a time have a place each.
      const target = join(mountsDirectory, `${id}-${++mounted}`);
      try {
        mkdirSync(target, { mode: 0o700 });
        mountOverlay({ lower: lowers.directories, ...layer(id), target, readOnly });
      } catch (error) {
        rmIfEmpty(target);
        await lowers.release();
        throw error;
      }
      return mountedRoot(target, () => lowers.release());
    },
    remove: (id) => rm(join(containersDirectory, id), { recursive: true, force: true }),
    usage: async (id) => directoryBytes(layer(id).upper),
    sweep: async () => {
      const left = mounts().filter((mount) => mount.target.startsWith(`${mountsDirectory}/`));
      for (const { target } of left.reverse()) unmount(target, { lazy: true });
      for (const name of readdirSync(mountsDirectory)) rmIfEmpty(join(mountsDirectory, name));
    },
  };
}

function mountedRoot(path: string, release: () => Promise<void>): MountedRoot {
  return {
    path,
    async [Symbol.asyncDispose]() {
      unmount(path, { lazy: true });
      rmIfEmpty(path);
      await release();
    },
  };
}

function rmIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error;
  }
}
