import { GantryError } from '../../base/errors.ts';
import type { VolumeRecord } from '../../store/records.ts';
import { volumesLock } from '../volumes/local-volumes.ts';
import { volumeUsers, type ContainerDeps } from './deps.ts';
import { endProcess } from './end-process.ts';
import { publishEvent } from './publish-event.ts';
import { removeLink } from './remove-link.ts';
import type { ContainerRecord } from './record.ts';
import { tellOfSignals } from './stop.ts';
import { isAlive, transition } from './transition.ts';
import { trying } from './tried.ts';
import { usedImages, usedLayers } from './used-images.ts';

/** Removes a stopped container, or with `force` a running one. @throws conflict with Docker's sentences. */
export async function remove(deps: ContainerDeps, container: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void> {
  if (options.link) return removeLink(deps, container);
  const { id } = deps.catalog.find(container);
  if (deps.removals.has(id)) throw new GantryError('conflict', `removal of container ${container} is already in progress`);
  deps.removals.add(id);
  try {
    if (options.force) await endForRemoval(deps, id);
    await deps.locks.run(id, async () => {
      const record = deps.catalog.get(id);
      // Its own `--rm` may have been faster.
      if (record === undefined) return;
      // A container in its pause between two runs has no process: force is enough to take it.
      if (!(options.force && record.state.status === 'restarting')) trying(`cannot remove container ${JSON.stringify(container)}`, () => transition(record, 'remove'));
      await removeLocked(deps, record, { volumes: options.volumes });
    });
  } finally {
    deps.removals.delete(id);
  }
}

async function endForRemoval(deps: ContainerDeps, id: string): Promise<void> {
  deps.restarts.cancel(id);
  const record = deps.catalog.get(id);
  if (record === undefined) return;
  await endProcess(deps, id, { onSignal: tellOfSignals(deps, record) });
}

/**
 * Under the container's lock, with no process left. The record goes first and durably: it is what makes the container, and directories
 * without one are swept at the next start.
 */
export async function removeLocked(deps: ContainerDeps, record: ContainerRecord, options: { volumes: boolean }): Promise<void> {
  const exitCode = record.state.status === 'exited' ? record.state.exitCode : 0;
  deps.restarts.forget(record.id);
  deps.health.forget(record.id);
  await deps.networks.forget(record);
  const volumes = await deleteRecords(deps, record, options);
  deps.execs.forget(record.id);
  await deps.rootfs.remove(record.id);
  await deps.images.letGo(usedImages(record).map((image) => ({ id: image })), usedLayers(record));
  for (const volume of volumes) {
    await deps.volumes.discard({ volume, path: deps.volumes.pathOf(volume.name), isNew: true });
    deps.events.publish({ type: 'volume', action: 'destroy', actor: { id: volume.name, attributes: { driver: volume.driver } } });
  }
  publishEvent(deps.events, record, 'destroy');
  deps.waiters.removed(record.id, { exitCode });
}

/**
 * The container and the anonymous volumes that go with it, in one transaction: a daemon that is killed right after it sweeps their
 * directories, and nobody would know any more whose the volumes were. Returns those volumes.
 */
async function deleteRecords(deps: ContainerDeps, record: ContainerRecord, options: { volumes: boolean }): Promise<VolumeRecord[]> {
  const anonymous = (): VolumeRecord[] => record.mounts.flatMap(({ name }) => {
    const volume = name === undefined ? undefined : deps.volumes.get(name);
    return volume?.anonymous === true ? [volume] : [];
  });
  if (!options.volumes || anonymous().length === 0) {
    deps.catalog.delete(record.id);
    return [];
  }
  return await deps.locks.run(volumesLock, () => {
    const unused = anonymous().filter(({ name }) => volumeUsers(deps.catalog, name).every((user) => user === record.id));
    deps.metadata.transaction(() => {
      for (const { name } of unused) deps.volumes.forget(name);
      deps.catalog.delete(record.id);
    }, { durable: true });
    return unused;
  });
}

export function isRemovable(record: ContainerRecord): boolean {
  return !isAlive(record.state) && record.state.status !== 'starting' && record.state.status !== 'restarting';
}
