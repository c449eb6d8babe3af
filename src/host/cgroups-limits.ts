import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupDirectory, cgroupVersion, type CgroupMount } from './cgroups.ts';

/** Limits of a running container in cgroup v1's words; undefined leaves a limit as it is, -1 takes it away. */
export interface CgroupLimits {
  /** Bytes. */
  memory?: number;
  /** Bytes of memory and swap together. */
  memorySwap?: number;
  memoryReservation?: number;
  cpuShares?: number;
  /** Microseconds. */
  cpuPeriod?: number;
  cpuQuota?: number;
  cpusetCpus?: string;
  cpusetMems?: string;
  pids?: number;
  blkioWeight?: number;
}

/** Writes limits to a cgroup that exists. @throws errno of the kernel: EBUSY when more memory is used than the new limit */
export function setCgroupLimits(mounts: CgroupMount[], path: string, limits: CgroupLimits): void {
  const files = cgroupVersion(mounts) === 2 ? filesV2(limits) : filesV1(limits, readMemoryLimit(mounts, path));
  for (const { controller, file, value } of files) {
    const directory = cgroupDirectory(mounts, controller, path);
    if (directory === undefined) continue;
    writeFileSync(join(directory, file), value);
  }
}

interface Write { controller: string; file: string; value: string }

const write = (controller: string, file: string, value: number | string | undefined): Write[] =>
  (value === undefined || value === '' ? [] : [{ controller, file, value: String(value) }]);

/** Memory must never exceed memory and swap, so the order of the two depends on which way the limit goes. */
export function filesV1(limits: CgroupLimits, memoryNow: number): Write[] {
  const memory = write('memory', 'memory.limit_in_bytes', limits.memory);
  const swap = write('memory', 'memory.memsw.limit_in_bytes', limits.memorySwap);
  const rises = limits.memory !== undefined && (limits.memory === -1 || limits.memory > memoryNow);
  return [
    ...(rises ? [...swap, ...memory] : [...memory, ...swap]),
    ...write('memory', 'memory.soft_limit_in_bytes', limits.memoryReservation),
    ...write('cpu', 'cpu.shares', limits.cpuShares),
    ...write('cpu', 'cpu.cfs_period_us', limits.cpuPeriod),
    ...write('cpu', 'cpu.cfs_quota_us', limits.cpuQuota),
    ...write('cpuset', 'cpuset.mems', limits.cpusetMems),
    ...write('cpuset', 'cpuset.cpus', limits.cpusetCpus),
    ...write('pids', 'pids.max', limits.pids === -1 ? 'max' : limits.pids),
    ...write('blkio', 'blkio.weight', limits.blkioWeight),
  ];
}

export function filesV2(limits: CgroupLimits): Write[] {
  const { memory, memorySwap, cpuQuota, cpuPeriod } = limits;
  const most = (value: number | undefined): string | undefined => (value === undefined ? undefined : value < 0 ? 'max' : String(value));
  const swap = memorySwap === undefined || memorySwap < 0 ? memorySwap : memorySwap - Math.max(0, memory ?? 0);
  const cpu = cpuQuota === undefined && cpuPeriod === undefined ? undefined
    : `${cpuQuota === undefined || cpuQuota <= 0 ? 'max' : cpuQuota} ${cpuPeriod ?? 100_000}`;
  return [
    ...write('memory', 'memory.swap.max', most(swap)),
    ...write('memory', 'memory.max', most(memory)),
    ...write('memory', 'memory.low', limits.memoryReservation),
    ...write('cpu', 'cpu.weight', limits.cpuShares === undefined ? undefined : sharesToWeight(limits.cpuShares)),
    ...write('cpu', 'cpu.max', cpu),
    ...write('cpuset', 'cpuset.mems', limits.cpusetMems),
    ...write('cpuset', 'cpuset.cpus', limits.cpusetCpus),
    ...write('pids', 'pids.max', most(limits.pids)),
    ...write('io', 'io.weight', limits.blkioWeight),
  ];
}

/** The runtimes' conversion: 2–262144 onto 1–10000. */
export function sharesToWeight(shares: number): number {
  return shares === 0 ? 100 : Math.floor(1 + ((Math.min(Math.max(shares, 2), 262_144) - 2) * 9999) / 262_142);
}

function readMemoryLimit(mounts: CgroupMount[], path: string): number {
  const file = join(cgroupDirectory(mounts, 'memory', path) ?? '', 'memory.limit_in_bytes');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
}
