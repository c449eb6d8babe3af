import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError, messageOf } from '../../base/errors.ts';
import { cgroupDirectory, cgroupVersion, processesIn, readIfThere, type CgroupMount } from '../../host/cgroups.ts';
import { freezeCgroup, thawCgroup } from '../../host/cgroups-freezer.ts';
import type { Resources } from '../../oci/container.ts';
import type { CgroupControl } from './deps.ts';

/** Freezing, pids and live limits through the files of either cgroup version. */
export function createCgroupControl(mounts: CgroupMount[]): CgroupControl {
  const version = cgroupVersion(mounts);
  const directory = (controller: string, path: string): string => {
    const found = cgroupDirectory(mounts, controller, path);
    if (found === undefined) throw new GantryError('internal', `this host has no cgroup controller ${controller}`);
    return found;
  };
  return {
    freeze: (path) => freezeCgroup(mounts, path),
    thaw: (path) => thawCgroup(mounts, path),
    isFrozen(path) {
      const at = cgroupDirectory(mounts, 'freezer', path);
      return at !== undefined && ['1', 'FROZEN', 'FREEZING'].includes(readIfThere(join(at, version === 2 ? 'cgroup.freeze' : 'freezer.state')).trim());
    },
    pids: (path) => processesIn(mounts, path),
    update(path, said, whole) {
      for (const limit of limitFiles(said, version, whole)) writeLimit(join(directory(limit.controller, path), limit.file), limit.value);
    },
  };
}

/** The kernel's refusal of a value names no file. */
function writeLimit(path: string, value: string): void {
  try {
    writeFileSync(path, value);
  } catch (cause) {
    throw new GantryError('internal', `cannot write ${JSON.stringify(value)} to ${path}: ${messageOf(cause)}`, { cause });
  }
}

export interface LimitFile { controller: string; file: string; value: string }

/**
 * What to write where, in an order the kernel accepts: swap is never below memory in between. `whole` is what holds once `said` is written: a file
 * that holds two limits gets both, whichever of them changes.
 */
export function limitFiles(said: Resources, version: 1 | 2, whole: Resources = said): LimitFile[] {
  return version === 2 ? unified(said, whole) : perController(said, whole);
}

const cfsPeriodUs = 100_000;

function perController(resources: Resources, whole: Resources): LimitFile[] {
  const files: LimitFile[] = [];
  const put = (controller: string, file: string, value: number | string | undefined): void => {
    if (value !== undefined) files.push({ controller, file, value: String(value) });
  };
  // Raising needs the larger limit first; -1 lets the swap limit go before memory is set.
  if (resources.memory && resources.memorySwap !== undefined) put('memory', 'memory.memsw.limit_in_bytes', -1);
  put('memory', 'memory.limit_in_bytes', resources.memory);
  put('memory', 'memory.memsw.limit_in_bytes', resources.memorySwap);
  put('memory', 'memory.soft_limit_in_bytes', resources.memoryReservation);
  put('cpu', 'cpu.shares', resources.cpuShares);
  const cpu = quotaOf(resources, whole);
  put('cpu', 'cpu.cfs_period_us', cpu?.period);
  put('cpu', 'cpu.cfs_quota_us', cpu?.quota);
  put('cpuset', 'cpuset.cpus', resources.cpusetCpus);
  put('cpuset', 'cpuset.mems', resources.cpusetMems);
  put('pids', 'pids.max', limitOrMax(resources.pidsLimit));
  put('blkio', 'blkio.weight', resources.blkioWeight);
  return files;
}

function unified(resources: Resources, whole: Resources): LimitFile[] {
  const files: LimitFile[] = [];
  const put = (file: string, value: number | string | undefined): void => {
    if (value !== undefined) files.push({ controller: '', file, value: String(value) });
  };
  // Swap alone here, and memory and swap together everywhere else: a new memory limit moves it too.
  if ((resources.memory !== undefined || resources.memorySwap !== undefined) && whole.memorySwap) {
    put('memory.swap.max', whole.memorySwap < 0 ? 'max' : Math.max(0, whole.memorySwap - (whole.memory ?? 0)));
  }
  put('memory.max', limitOrMax(resources.memory));
  put('memory.low', resources.memoryReservation);
  put('cpu.weight', resources.cpuShares === undefined ? undefined : 1 + Math.floor(((resources.cpuShares - 2) * 9999) / 262_142));
  const cpu = quotaOf(resources, whole);
  if (cpu !== undefined) put('cpu.max', `${cpu.quota < 0 ? 'max' : cpu.quota} ${cpu.period}`);
  put('cpuset.cpus', resources.cpusetCpus);
  put('cpuset.mems', resources.cpusetMems);
  put('pids.max', limitOrMax(resources.pidsLimit));
  put('io.weight', resources.blkioWeight === undefined ? undefined : `default ${1 + Math.floor(((resources.blkioWeight - 10) * 9999) / 990)}`);
  return files;
}

function quotaOf(said: Resources, whole: Resources): { quota: number; period: number } | undefined {
  if (said.nanoCpus) return { period: cfsPeriodUs, quota: Math.floor((said.nanoCpus * cfsPeriodUs) / 1e9) };
  if (!said.cpuQuota && !said.cpuPeriod) return undefined;
  return { period: whole.cpuPeriod || cfsPeriodUs, quota: whole.cpuQuota || -1 };
}

function limitOrMax(value: number | null | undefined): number | string | undefined {
  if (value === undefined || value === null) return undefined;
  return value <= 0 ? 'max' : value;
}
