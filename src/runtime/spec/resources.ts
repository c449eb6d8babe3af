import { GantryError } from '../../base/errors.ts';
import type { HostConfig, Resources, ThrottleDevice } from '../../oci/container.ts';
import type { HostDevice } from './devices.ts';
import type { HostFacts } from './spec-input.ts';

const periodMicroseconds = 100_000;

/**
 * Limits in the OCI's words, which are cgroup v1's; crun and runc turn them into v2's (shares to weight, swap less memory).
 * Sections with nothing in them are left out. @throws invalid
 */
export function resourcesOf(host: HostConfig, facts: HostFacts): Record<string, unknown> {
  const sections: Record<string, object | undefined> = {
    memory: section(memory(host, facts)),
    cpu: section(cpu(host, facts)),
    pids: pids(host),
    blockIO: section(blockIo(host, facts.devices ?? [])),
  };
  return Object.fromEntries(Object.entries(sections).filter(([, value]) => value !== undefined));
}

function memory(host: Resources, facts: HostFacts): Record<string, unknown> {
  const limit = positive(host.memory);
  // Docker's rule: as much swap as memory unless it is said otherwise; -1 is without limit.
  const swap = positive(host.memorySwap) ?? (limit !== undefined && (host.memorySwap ?? 0) === 0 ? limit * 2 : undefined);
  const v1 = facts.cgroupVersion === 1;
  return {
    limit,
    swap: facts.swapAccounting ? swap : undefined,
    reservation: positive(host.memoryReservation),
    swappiness: v1 && host.memorySwappiness !== null && host.memorySwappiness !== undefined && host.memorySwappiness >= 0 ? host.memorySwappiness : undefined,
    disableOOMKiller: v1 && host.oomKillDisable === true ? true : undefined,
  };
}

function cpu(host: Resources, facts: HostFacts): Record<string, unknown> {
  if (facts.cgroupVersion === 1) checkShares(host.cpuShares);
  const nano = positive(host.nanoCpus);
  return {
    shares: positive(host.cpuShares),
    period: nonZero(host.cpuPeriod) ?? (nano === undefined ? undefined : periodMicroseconds),
    quota: nonZero(host.cpuQuota) ?? (nano === undefined ? undefined : Math.floor((nano * periodMicroseconds) / 1e9)),
    realtimePeriod: nonZero(host.cpuRealtimePeriod),
    realtimeRuntime: nonZero(host.cpuRealtimeRuntime),
    cpus: host.cpusetCpus || undefined,
    mems: host.cpusetMems || undefined,
  };
}

/** The kernel's bounds, beyond which control groups v1 take the nearest without a word; for v2 every number is turned into a weight. @throws invalid */
export function checkShares(shares: number | undefined): void {
  if (positive(shares) === undefined) return;
  if (shares! < 2) throw new GantryError('invalid', 'the minimum allowed cpu-shares is 2');
  if (shares! > 262_144) throw new GantryError('invalid', 'the maximum allowed cpu-shares is 262144');
}

function pids(host: Resources): object | undefined {
  if (host.pidsLimit === undefined || host.pidsLimit === null || host.pidsLimit === 0) return undefined;
  return { limit: Math.max(-1, host.pidsLimit) };
}

function blockIo(host: Resources, devices: readonly HostDevice[]): Record<string, unknown> {
  const throttle = (list: ThrottleDevice[] | undefined): object[] | undefined =>
    list === undefined || list.length === 0 ? undefined : list.map(({ path, rate }) => ({ ...numbers(path, devices), rate: rate ?? 0 }));
  return {
    weight: positive(host.blkioWeight),
    weightDevice: host.blkioWeightDevice?.length ? host.blkioWeightDevice.map(({ path, weight }) => ({ ...numbers(path, devices), weight: weight ?? 0 })) : undefined,
    throttleReadBpsDevice: throttle(host.blkioDeviceReadBps),
    throttleWriteBpsDevice: throttle(host.blkioDeviceWriteBps),
    throttleReadIOPSDevice: throttle(host.blkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttle(host.blkioDeviceWriteIOps),
  };
}

function numbers(path: string | undefined, devices: readonly HostDevice[]): { major: number; minor: number } {
  const device = devices.find((each) => each.path === path);
  if (device === undefined) throw new GantryError('invalid', `stat ${path ?? ''}: no such file or directory`);
  return { major: device.major, minor: device.minor };
}

function section(values: Record<string, unknown>): object | undefined {
  const said = Object.entries(values).filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

const positive = (value: number | undefined): number | undefined => (value !== undefined && value > 0 ? value : undefined);
const nonZero = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);
