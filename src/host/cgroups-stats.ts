import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupDirectory, cgroupVersion, type CgroupMount } from './cgroups.ts';

/** What a cgroup uses now. Times in nanoseconds, sizes in bytes; undefined where this host does not count. */
export interface CgroupStats {
  cpu: { total: number; user: number; system: number; periods: number; throttledPeriods: number; throttledTime: number; perProcessor: number[] | undefined };
  memory: { usage: number; limit: number | undefined; maximum: number | undefined; failures: number; details: Record<string, number> };
  pids: { current: number; limit: number | undefined };
  io: { major: number; minor: number; operation: 'read' | 'write'; bytes: number; operations: number }[];
}

export function readCgroupStats(mounts: CgroupMount[], path: string): CgroupStats {
  const read = (controller: string, file: string): string => {
    const directory = cgroupDirectory(mounts, controller, path);
    try {
      return directory === undefined ? '' : readFileSync(join(directory, file), 'utf8');
    } catch {
      return '';
    }
  };
  return cgroupVersion(mounts) === 2 ? statsV2(read) : statsV1(read);
}

type Read = (controller: string, file: string) => string;

/** Clock ticks of 10 ms, which `cpuacct.stat` counts in. */
const tickNanoseconds = 10_000_000;
/** Version 1 writes "without limit" as the largest multiple of a page. */
const noLimit = 0x7000_0000_0000_0000;

function statsV1(read: Read): CgroupStats {
  const usage = keyed(read('cpuacct', 'cpuacct.stat'));
  const throttling = keyed(read('cpu', 'cpu.stat'));
  return {
    cpu: {
      total: Number(read('cpuacct', 'cpuacct.usage')), user: (usage['user'] ?? 0) * tickNanoseconds, system: (usage['system'] ?? 0) * tickNanoseconds,
      periods: throttling['nr_periods'] ?? 0, throttledPeriods: throttling['nr_throttled'] ?? 0, throttledTime: throttling['throttled_time'] ?? 0,
      perProcessor: read('cpuacct', 'cpuacct.usage_percpu').split(' ').filter((word) => word.trim() !== '').map(Number),
    },
    memory: {
      usage: Number(read('memory', 'memory.usage_in_bytes')), limit: limitOf(read('memory', 'memory.limit_in_bytes')),
      maximum: Number(read('memory', 'memory.max_usage_in_bytes')), failures: Number(read('memory', 'memory.failcnt')),
      details: keyed(read('memory', 'memory.stat')),
    },
    pids: { current: Number(read('pids', 'pids.current')), limit: limitOf(read('pids', 'pids.max')) },
    io: ioV1(read('blkio', 'blkio.throttle.io_service_bytes'), read('blkio', 'blkio.throttle.io_serviced')),
  };
}

function statsV2(read: Read): CgroupStats {
  const cpu = keyed(read('cpu', 'cpu.stat'));
  const microseconds = (name: string): number => (cpu[name] ?? 0) * 1000;
  return {
    cpu: {
      total: microseconds('usage_usec'), user: microseconds('user_usec'), system: microseconds('system_usec'),
      periods: cpu['nr_periods'] ?? 0, throttledPeriods: cpu['nr_throttled'] ?? 0, throttledTime: microseconds('throttled_usec'),
      perProcessor: undefined,
    },
    memory: {
      usage: Number(read('memory', 'memory.current')), limit: limitOf(read('memory', 'memory.max')), maximum: undefined,
      failures: keyed(read('memory', 'memory.events'))['max'] ?? 0, details: keyed(read('memory', 'memory.stat')),
    },
    pids: { current: Number(read('pids', 'pids.current')), limit: limitOf(read('pids', 'pids.max')) },
    io: ioV2(read('io', 'io.stat')),
  };
}

/** `name number` lines. */
export function keyed(text: string): Record<string, number> {
  return Object.fromEntries(text.split('\n').flatMap((line) => {
    const [key, value] = line.split(' ');
    return key === undefined || key === '' || value === undefined ? [] : [[key, Number(value)]];
  }));
}

function limitOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() === '' || text.trim() === 'max' || value >= noLimit ? undefined : value;
}

/** `8:0 Read 4096` lines of two files. */
export function ioV1(bytes: string, operations: string): CgroupStats['io'] {
  const parse = (text: string): Map<string, number> => new Map([...text.matchAll(/^(\d+:\d+) (Read|Write) (\d+)$/gm)].map(([, device, operation, value]) => [`${device} ${operation}`, Number(value)]));
  const counts = parse(operations);
  return [...parse(bytes)].map(([key, value]) => ({ ...deviceOf(key), operation: key.endsWith('Read') ? 'read' : 'write', bytes: value, operations: counts.get(key) ?? 0 }));
}

/** `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …` lines. */
export function ioV2(text: string): CgroupStats['io'] {
  return text.split('\n').filter((line) => /^\d+:\d+ /.test(line)).flatMap((line) => {
    const value = (name: string): number => Number(new RegExp(`\\b${name}=(\\d+)`).exec(line)?.[1] ?? 0);
    return [
      { ...deviceOf(line), operation: 'read' as const, bytes: value('rbytes'), operations: value('rios') },
      { ...deviceOf(line), operation: 'write' as const, bytes: value('wbytes'), operations: value('wios') },
    ];
  });
}

function deviceOf(text: string): { major: number; minor: number } {
  const [major = 0, minor = 0] = text.split(' ')[0]!.split(':').map(Number);
  return { major, minor };
}
