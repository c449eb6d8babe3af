import { closeSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { bindMount, unmount } from '../../host/mount.ts';
import { withInside } from '../../host/inside-root.ts';
import { O_CLOEXEC, O_DIRECTORY, O_PATH } from '../../host/files.ts';
import { GantryError } from '../../base/errors.ts';
import { isAlive } from '../containers/transition.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { FileDeps } from './deps.ts';

/** The root of a container as its processes see it, mounts included, held by a descriptor: it stays what it is when the container ends. */
export interface RootView extends AsyncDisposable { fd: number; /** The descriptor as a path that all threads of this process can open. */ path: string }

/** A running container shows its own root; another one is mounted for the while, with its volumes. */
export async function openRoot(deps: FileDeps, record: ContainerRecord, options: { volumes: boolean } = { volumes: true }): Promise<RootView> {
  if (isAlive(record.state) && options.volumes) return held(openDirectory(`/proc/${pidOf(record)}/root`), async () => {});
  const mounted = await deps.rootfs.mount(record.id, record.layers);
  try {
    if (options.volumes) for (const mount of record.mounts) showMount(mounted.path, mount.resolved);
    return held(openDirectory(mounted.path), async () => mounted[Symbol.asyncDispose]());
  } catch (error) {
    unmount(mounted.path, { lazy: true });
    await mounted[Symbol.asyncDispose]();
    throw error;
  }
}

function pidOf(record: ContainerRecord): number {
  if ('pid' in record.state) return record.state.pid;
  throw new GantryError('conflict', `Container ${record.id} is not running`);
}

function openDirectory(path: string): number {
  return openSync(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

function held(fd: number, release: () => Promise<void>): RootView {
  return {
    fd,
    path: `/proc/self/fd/${fd}`,
    async [Symbol.asyncDispose]() {
      closeSync(fd);
      await release();
    },
  };
}

/** Mounts a volume or bind at its place, when both ends are there; a place that is missing has never been seen by the container. */
function showMount(root: string, mount: ContainerRecord['mounts'][number]['resolved']): void {
  if (mount.type !== 'bind' || mount.source === undefined) return;
  const source = lstatSync(mount.source, { throwIfNoEntry: false });
  if (source === undefined) return;
  withInside(root, mount.target, (fd) => {
    if (fstatSync(fd).isDirectory() === source.isDirectory()) bindMount(mount.source!, `/proc/self/fd/${fd}`, { readOnly: mount.readOnly, recursive: mount.recursive });
  });
}
