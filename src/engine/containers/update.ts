import { GantryError, messageOf } from '../../base/errors.ts';
import type { HostConfig } from '../../oci/container.ts';
import { checkResources } from './check-resources.ts';
import { limitFactsOf, type ContainerDeps } from './deps.ts';
import { publishEvent } from './publish-event.ts';
import type { ContainerRecord } from './record.ts';
import { checkRestartPolicy } from './restart-policy.ts';
import { cgroupPathOf } from './cgroup-path.ts';
import { isAlive } from './transition.ts';

/** Changes limits and the restart policy; a running container's at once. What is undefined, zero or empty stays as it is. */
export async function update(deps: ContainerDeps, container: string, change: Partial<HostConfig>): Promise<{ warnings: string[] }> {
  const { id } = deps.catalog.find(container);
  checkRestartPolicy(change.restartPolicy);
  return await deps.locks.run(id, () => {
    const record = deps.catalog.current(id);
    const said = Object.fromEntries(Object.entries(change).filter(([, value]) => isSaid(value))) as Partial<HostConfig>;
    if (record.hostConfig.autoRemove && said.restartPolicy?.name && said.restartPolicy.name !== 'no') {
      throw new GantryError('invalid', `Cannot update container ${id}: Restart policy cannot be updated because AutoRemove is enabled for the container`);
    }
    if (said.memory !== undefined && said.memorySwap === undefined && (record.hostConfig.memorySwap ?? 0) > 0 && said.memory > (record.hostConfig.memorySwap ?? 0)) {
      throw new GantryError('conflict', `Cannot update container ${id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time`);
    }
    const { resources, warnings } = checkResources({ ...record.hostConfig, ...said }, limitFactsOf(deps.facts), { update: true });
    if (isAlive(record.state)) applyLive(deps, record, said);
    const updated = deps.catalog.save({ ...record, hostConfig: { ...resources, ...(said.restartPolicy?.name ? { restartPolicy: said.restartPolicy } : {}) } }, { durable: true });
    publishEvent(deps.events, updated, 'update');
    return { warnings };
  });
}

function isSaid(value: unknown): boolean {
  if (value === undefined || value === null || value === 0 || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Boolean((value as { name?: string }).name);
}

function applyLive(deps: ContainerDeps, record: ContainerRecord, said: Partial<HostConfig>): void {
  try {
    deps.cgroups.update(cgroupPathOf(deps, record), said);
  } catch (cause) {
    throw new GantryError('internal', `Cannot update container ${record.id}: ${messageOf(cause)}`, { cause });
  }
}
