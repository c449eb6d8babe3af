import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { O_CLOEXEC, O_DIRECTORY, O_PATH, openAt } from '../../host/files.ts';
import { withInside } from '../../host/inside-root.ts';
import { unmount } from '../../host/mount.ts';
import type { ResolvedMount } from '../../runtime/spec/spec-input.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { generatedFilesDirectory, generatedMounts } from '../containers/generated-files.ts';
import { makePlace } from '../containers/mounts/make-places.ts';
import { tellMounted, tellUnmounted, volumesOf } from '../containers/mounts/volume-events.ts';
import { parentsFirst } from '../containers/spec-input-of.ts';
import { isAlive } from '../containers/transition.ts';
import type { FileDeps } from './deps.ts';

/** The root of a container as its processes see it, mounts included, held by a descriptor: it stays what it is when the container ends. */
export interface RootView extends AsyncDisposable { fd: number; /** The descriptor as a path that all threads of this process can open. */ path: string }

/** A running container shows its own root; another one is mounted for the while, with its volumes. */
export async function openRoot(deps: FileDeps, record: ContainerRecord, options: { volumes: boolean } = { volumes: true }): Promise<RootView> {
  if (!options.volumes) return await mountView(deps, record, options);
  if (isAlive(record.state)) return telling(deps, record, view(rootOfProcess(record), new AsyncDisposableStack()));
  // No start is under way meanwhile: one that comes later shares the mount.
  return await deps.locks.run(record.id, async () => {
    const now = deps.catalog.find(record.id);
    return telling(deps, now, isAlive(now.state) ? view(rootOfProcess(now), new AsyncDisposableStack()) : await mountView(deps, now, options));
  });
}

/** Docker mounts the volumes of every container whose files are looked at, and says so. */
function telling({ events }: FileDeps, record: ContainerRecord, root: RootView): RootView {
  for (const mount of volumesOf(record)) tellMounted(events, record, mount);
  return {
    ...root,
    async [Symbol.asyncDispose]() {
      await root[Symbol.asyncDispose]();
      for (const mount of volumesOf(record)) tellUnmounted(events, record, mount);
    },
  };
}

async function mountView(deps: FileDeps, record: ContainerRecord, options: { volumes: boolean }): Promise<RootView> {
  await using held = new AsyncDisposableStack();
  const mounted = held.use(await deps.rootfs.mount(record.id, record.layers, { readOnly: !options.volumes }));
  // Mounts on top go with it, before what they stand on is given back.
  if (options.volumes) {
    const staged = await deps.staging.stage(record, held);
    const mounts = shownMounts(staged, generatedMounts(generatedFilesDirectory(deps.containersDirectory, record), record));
    held.defer(() => { unmount(mounted.path, { lazy: true }); });
    for (const mount of mounts) showMount(deps, mounted.path, mount);
  }
  return view(openDirectory(mounted.path), held.move());
}

/**
 * The root of a container's first process. Its number may belong to another process by now, when it ended a moment ago: what was opened
 * is one process for good, and its control group tells whose it is.
 */
function rootOfProcess(record: ContainerRecord): number {
  const gone = (cause?: unknown): GantryError => new GantryError('conflict', `Container ${record.id} is not running`, { cause });
  if (!('pid' in record.state)) throw gone();
  try {
    const process = openDirectory(`/proc/${record.state.pid}`);
    try {
      if (!readFileSync(`/proc/self/fd/${process}/cgroup`, 'utf8').includes(record.id)) throw gone();
      return openAt(process, 'root', O_PATH | O_DIRECTORY);
    } finally {
      closeSync(process);
    }
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH' ? gone(error) : error;
  }
}

function openDirectory(path: string): number {
  return openSync(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

function view(fd: number, held: AsyncDisposableStack): RootView {
  return {
    fd,
    path: `/proc/self/fd/${fd}`,
    async [Symbol.asyncDispose]() {
      if (!held.disposed) closeSync(fd);
      await held.disposeAsync();
    },
  };
}

/** As at a start: what a person mounts goes before what is generated, and parents before children. */
function shownMounts(staged: ResolvedMount[], generated: ResolvedMount[]): ResolvedMount[] {
  const taken = new Set(staged.map(({ target }) => target));
  return parentsFirst([...staged, ...generated.filter(({ target }) => !taken.has(target))]);
}

/** Mounts a volume or bind at its place. A place that is missing is made, as the container's first start would. */
function showMount({ staging }: FileDeps, root: string, mount: ResolvedMount): void {
  if (mount.type !== 'bind' || mount.source === undefined) return;
  const source = statSync(mount.source, { throwIfNoEntry: false });
  if (source === undefined) return;
  makePlace(root, mount.target, source.isDirectory());
  withInside(root, mount.target, (fd) => {
    if (fstatSync(fd).isDirectory() === source.isDirectory()) staging.show(mount.source!, `/proc/self/fd/${fd}`, mount);
  });
}
