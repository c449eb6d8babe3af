import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resources } from '../../oci/container.ts';
import { limitFiles } from './cgroup-control.ts';

const cases: [Resources, string[], string[]][] = [
  [{ memory: 100, memorySwap: 300 }, ['memory.memsw.limit_in_bytes=-1', 'memory.limit_in_bytes=100', 'memory.memsw.limit_in_bytes=300'], ['memory.swap.max=200', 'memory.max=100']],
  [{ nanoCpus: 5e8 }, ['cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=50000'], ['cpu.max=50000 100000']],
  [{ cpuShares: 2 }, ['cpu.shares=2'], ['cpu.weight=1']],
  [{ cpuShares: 262144 }, ['cpu.shares=262144'], ['cpu.weight=10000']],
  [{ pidsLimit: -1 }, ['pids.max=max'], ['pids.max=max']],
  [{ pidsLimit: 0, memory: undefined }, ['pids.max=max'], ['pids.max=max']],
  [{ cpusetCpus: '0' }, ['cpuset.cpus=0'], ['cpuset.cpus=0']],
];
for (const [resources, v1, v2] of cases) {
  test(`limitFiles() of ${JSON.stringify(resources)} on both cgroup versions`, () => {
    const written = (version: 1 | 2) => limitFiles(resources, version).map(({ file, value }) => `${file}=${value}`);
    assert.deepEqual([written(1), written(2)], [v1, v2]);
  });
}

const partners: [said: Resources, whole: Resources, v1: string[], v2: string[]][] = [
  [{ memory: 100 }, { memory: 100, memorySwap: 300 }, ['memory.limit_in_bytes=100'], ['memory.swap.max=200', 'memory.max=100']],
  [{ memorySwap: 300 }, { memory: 100, memorySwap: 300 }, ['memory.memsw.limit_in_bytes=300'], ['memory.swap.max=200']],
  [{ memory: 100 }, { memory: 100, memorySwap: -1 }, ['memory.limit_in_bytes=100'], ['memory.swap.max=max', 'memory.max=100']],
  [{ cpuQuota: 5000 }, { cpuQuota: 5000, cpuPeriod: 20000 }, ['cpu.cfs_period_us=20000', 'cpu.cfs_quota_us=5000'], ['cpu.max=5000 20000']],
  [{ cpuPeriod: 20000 }, { cpuQuota: 5000, cpuPeriod: 20000 }, ['cpu.cfs_period_us=20000', 'cpu.cfs_quota_us=5000'], ['cpu.max=5000 20000']],
];
for (const [said, whole, v1, v2] of partners) {
  test(`limitFiles() of ${JSON.stringify(said)} keeps the rest of ${JSON.stringify(whole)}`, () => {
    const written = (version: 1 | 2) => limitFiles(said, version, whole).map(({ file, value }) => `${file}=${value}`);
    assert.deepEqual([written(1), written(2)], [v1, v2]);
  });
}
