import { join } from 'node:path';
import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';

/** Where a container's control group is, below every controller. */
export function cgroupPathOf(deps: Pick<ContainerDeps, 'settings'>, record: Pick<ContainerRecord, 'id' | 'hostConfig'>): string {
  const parent = record.hostConfig.cgroupParent;
  return parent ? join('/', parent, record.id) : `${deps.settings.cgroupParent}/${record.id}`;
}
