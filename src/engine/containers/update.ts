import { isDeepStrictEqual } from 'node:util';
import { GantryError, messageOf } from '../../base/errors.ts';
import type { HostConfig, Resources } from '../../oci/container.ts';
import { checkShares } from '../../runtime/spec/resources.ts';
import { checkResources } from './check-resources.ts';
import { limitFactsOf, type ContainerDeps } from './deps.ts';
import { publishEvent } from './publish-event.ts';
import type { ContainerRecord } from './record.ts';
import { checkRestartPolicy } from './restart-policy.ts';
import { cgroupPathOf } from './cgroup-path.ts';
import { isAlive } from './transition.ts';

/** The limits that can change while a container is there. */
const changeable = [
  'blkioWeight', 'cpuShares', 'nanoCpus', 'cpuPeriod', 'cpuQuota', 'cpusetCpus', 'cpusetMems', 'memory', 'memorySwap', 'memoryReservation', 'pidsLimit',
] as const satisfies readonly (keyof Resources)[];

/**
 * Changes limits and the restart policy; a running container's at once. What is undefined, zero or empty stays as it is, but for
 * `pidsLimit`, whose 0 is "without limit".
 * @throws invalid for what a container keeps for life, conflict for what does not go with what it has
 */
export async function update(deps: ContainerDeps, container: string, change: Partial<HostConfig>): Promise<{ warnings: string[] }> {
  const { id } = deps.catalog.find(container);
  checkRestartPolicy(change.restartPolicy);
  return await deps.locks.run(id, () => {
    const record = deps.catalog.current(id);
    refuseFixed(record, change);
    const checked = checkResources(onlySaid(change), limitFactsOf(deps.facts), { update: true });
    const [resources, warnings] = [onlySaid(checked.resources), checked.warnings];
    checkAgainst(record, resources, change.restartPolicy);
    const hostConfig: HostConfig = { ...record.hostConfig, ...resources, ...(change.restartPolicy?.name ? { restartPolicy: change.restartPolicy } : {}) };
    if (isAlive(record.state)) applyLive(deps, { ...record, hostConfig }, resources);
    publishEvent(deps.events, deps.catalog.save({ ...record, hostConfig }, { durable: true }), 'update');
    return { warnings };
  });
}

function onlySaid(change: Resources): Resources {
  return Object.fromEntries(changeable.filter((key) => isSaid(key, change[key])).map((key) => [key, change[key]]));
}

function isSaid(key: keyof Resources, value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && (value !== 0 || key === 'pidsLimit');
}

/** Clients send back all they have read; only what differs is a wish. */
function refuseFixed(record: ContainerRecord, change: Partial<HostConfig>): void {
  const fixed = (Object.keys(change) as (keyof HostConfig)[]).filter((key) => key !== 'restartPolicy' && !(changeable as readonly string[]).includes(key));
  for (const key of fixed) {
    const value = change[key];
    if (isEmpty(value) || isDeepStrictEqual(value, record.hostConfig[key])) continue;
    throw new GantryError('invalid', `Cannot update container ${record.id}: ${key[0]!.toUpperCase()}${key.slice(1)} is set for life when a container is created`);
  }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === 0 || value === '' || value === false || (Array.isArray(value) && value.length === 0);
}

/** @throws conflict with Docker's sentences */
function checkAgainst({ id, hostConfig }: ContainerRecord, said: Resources, restartPolicy: HostConfig['restartPolicy']): void {
  const refuse = (message: string): never => { throw new GantryError('conflict', `Cannot update container ${id}: ${message}`); };
  const positive = (value: number | undefined): boolean => (value ?? 0) > 0;
  if (positive(said.nanoCpus) && positive(hostConfig.cpuPeriod)) refuse('Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set');
  if (positive(said.nanoCpus) && positive(hostConfig.cpuQuota)) refuse('Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set');
  if (positive(said.cpuPeriod) && positive(hostConfig.nanoCpus)) refuse('Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set');
  if (positive(said.cpuQuota) && positive(hostConfig.nanoCpus)) refuse('Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set');
  if (said.memory !== undefined && said.memorySwap === undefined && said.memory > (hostConfig.memorySwap ?? 0)) {
    refuse('Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time');
  }
  if (hostConfig.autoRemove && restartPolicy?.name && restartPolicy.name !== 'no') refuse('Restart policy cannot be updated because AutoRemove is enabled for the container');
}

function applyLive(deps: ContainerDeps, record: ContainerRecord, said: Resources): void {
  try {
    if (deps.facts.cgroupVersion === 1) checkShares(said.cpuShares);
    deps.cgroups.update(cgroupPathOf(deps, record), said, record.hostConfig);
  } catch (cause) {
    throw new GantryError('internal', `Cannot update container ${record.id}: ${messageOf(cause)}`, { cause });
  }
}
