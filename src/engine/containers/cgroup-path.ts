import { join } from 'node:path';
import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';

/** Where a container's control group is since its last start, below every controller. */
export function cgroupPathOf(deps: Pick<ContainerDeps, 'settings'>, record: Pick<ContainerRecord, 'id' | 'hostConfig' | 'cgroupPath'>): string {
  return record.cgroupPath ?? below(record.hostConfig.cgroupParent || deps.settings.ownCgroup, record);
}

/** Where a start makes it: the container's own word, then the engine's. */
export function nextCgroupPath(deps: Pick<ContainerDeps, 'settings'>, record: Pick<ContainerRecord, 'id' | 'hostConfig'>): string {
  return below(record.hostConfig.cgroupParent || deps.settings.defaults.cgroupParent || deps.settings.ownCgroup, record);
}

function below(parent: string, { id }: Pick<ContainerRecord, 'id'>): string {
  return join('/', parent, id);
}
