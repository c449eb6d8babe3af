import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { errnoOf } from '../../base/errors.ts';
import type { CgroupMount } from '../../host/cgroups.ts';
import { readCgroupStats, type CgroupStats } from '../../host/cgroups-stats.ts';
import { parseHostCpu } from './host-cpu.ts';
import { parseNetDev, type InterfaceCounters } from './net-dev.ts';

/** What a container uses at one moment, and what the host has. */
export interface Usage {
  cgroup: CgroupStats;
  /** By interface name, as the container sees them. Empty for one that shares the host's network. */
  interfaces: Record<string, InterfaceCounters>;
  host: { cpuNanoseconds: number; onlineCpus: number; memoryBytes: number };
}

export interface UsageTarget {
  /** Below each cgroup controller. */
  cgroupPath: string;
  /** Of a process in the container's network namespace; undefined when its interfaces are not its own. */
  networkPid: number | undefined;
}

/** A dozen small reads from the kernel's memory, no process and no wait. What ended meanwhile reads as zeros. */
export function readUsage(mounts: CgroupMount[], { cgroupPath, networkPid }: UsageTarget): Usage {
  const { totalNanoseconds, onlineCpus } = parseHostCpu(readFileSync('/proc/stat', 'utf8'));
  return {
    cgroup: readCgroupStats(mounts, cgroupPath),
    interfaces: networkPid === undefined ? {} : parseNetDev(readUnlessGone(`/proc/${networkPid}/net/dev`)),
    host: { cpuNanoseconds: totalNanoseconds, onlineCpus, memoryBytes: totalmem() },
  };
}

function readUnlessGone(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // EINVAL: a zombie has no network namespace any more.
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes(errnoOf(error) ?? '')) return '';
    throw error;
  }
}
