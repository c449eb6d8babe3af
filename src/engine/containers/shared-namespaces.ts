import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '../../base/errors.ts';
import { hardenedFlags, mount } from '../../host/mount.ts';
import { sharedContainer } from '../../oci/namespace-mode.ts';
import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';
import type { StartedParts } from './spec-input-of.ts';
import { dockerStatus, isAlive, notRunning } from './transition.ts';
import { tried } from './tried.ts';

/** The network namespace of another container, by its path. @throws notFound, invalid, conflict with Docker's sentences */
export function networkNamespaceOf(deps: Pick<ContainerDeps, 'catalog'>, record: ContainerRecord, otherId: string): string | 'host' {
  const other = deps.catalog.get(otherId);
  if (other === undefined) throw new GantryError('notFound', `joining network namespace of container: No such container: ${otherId}`);
  if (other.id === record.id) throw new GantryError('invalid', 'cannot join own network namespace');
  if (!isAlive(other.state)) {
    throw new GantryError('conflict', `cannot join network namespace of a non running container: container ${other.name} is ${dockerStatus(other.state)}`);
  }
  const mode = other.hostConfig.networkMode ?? '';
  return mode === 'host' ? 'host' : `/proc/${other.state.pid}/ns/net`;
}

/** @throws notFound, conflict when the container that is named does not run */
export function pidNamespace(deps: Pick<ContainerDeps, 'catalog'>, { hostConfig: { pidMode } }: ContainerRecord): StartedParts['pidNamespace'] {
  if (pidMode === 'host') return 'host';
  const shared = sharedContainer(pidMode);
  if (shared === undefined) return 'private';
  const other = deps.catalog.find(shared);
  if (!isAlive(other.state)) throw tried('failed to join PID namespace', notRunning(other.id));
  return { ofPid: other.state.pid };
}

/** Only a /dev/shm that the host has mounted can be given to another container, so a shareable one is made here. @throws notFound, conflict, invalid */
export function ipcNamespace(deps: Pick<ContainerDeps, 'catalog' | 'settings'>, record: ContainerRecord, bundle: string): StartedParts['ipcNamespace'] {
  const mode = record.hostConfig.ipcMode ?? 'private';
  if (mode === 'host' || mode === 'none') return mode;
  const shared = sharedContainer(mode);
  if (shared === undefined) {
    if (mode === 'shareable') makeSharedMemory(join(bundle, 'shm'), record.hostConfig.shmSize ?? 0);
    return 'private';
  }
  const other = deps.catalog.find(shared);
  if (!isAlive(other.state)) throw tried('failed to join IPC namespace', notRunning(other.id));
  if (other.hostConfig.ipcMode !== 'shareable') {
    throw new GantryError('invalid', `failed to join IPC namespace: container ${other.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`);
  }
  return { ofPid: other.state.pid, shmPath: join(deps.settings.bundlesDirectory, other.id, 'shm') };
}

function makeSharedMemory(path: string, bytes: number): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  mount('shm', path, { type: 'tmpfs', flags: hardenedFlags, data: `mode=1777,size=${bytes}` });
}
