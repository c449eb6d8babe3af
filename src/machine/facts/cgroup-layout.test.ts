import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupLayout } from './cgroup-layout.ts';
import { parseMountInfo } from '../../host/mount-info.ts';

const kernel = (...enabled: string[]): string => `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${enabled.map((name) => `${name}\t0\t1\t1\n`).join('')}`;
const v1 = (...names: string[]) => parseMountInfo(names.map((name, index) => `${30 + index} 25 0:${index} / /sys/fs/cgroup/${name} rw - cgroup cgroup rw,${name}`).join('\n'));

test('cgroupLayout() knows the unified hierarchy', () => {
  const mounts = parseMountInfo('30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw');
  assert.deepEqual(cgroupLayout(mounts, kernel('memory'), 'cpu memory pids\n'), { version: 'v2', controllers: ['cpu', 'memory', 'pids'], unmounted: [], readOnly: [] });
});

test('cgroupLayout() names a controller that the v2 hierarchy holds beside v1 mounts', () => {
  const mounts = [...v1('memory', 'pids'), ...parseMountInfo('60 25 0:90 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw')];
  assert.deepEqual(cgroupLayout(mounts, kernel('memory', 'pids', 'hugetlb', 'net_cls'), 'hugetlb\n'), {
    version: 'v1', controllers: ['memory', 'pids'], unmounted: ['hugetlb'], readOnly: [],
  });
});

test('cgroupLayout() names a needed controller that is mounted nowhere, and leaves a disabled one alone', () => {
  const proc = `${kernel('memory', 'pids')}cpuset\t0\t1\t0\n`;
  assert.deepEqual(cgroupLayout(v1('memory'), proc, '').unmounted, ['pids']);
});

test('cgroupLayout() reads controllers that share a hierarchy', () => {
  const mounts = parseMountInfo('30 25 0:1 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct');
  assert.deepEqual(cgroupLayout(mounts, kernel('cpu', 'cpuacct'), '').controllers, ['cpu', 'cpuacct']);
});

test('cgroupLayout() names what is mounted read-only', () => {
  const mounts = parseMountInfo('30 25 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw');
  assert.deepEqual(cgroupLayout(mounts, kernel('memory'), 'memory').readOnly, ['/sys/fs/cgroup']);
});

test('cgroupLayout() says none when nothing is mounted', () => {
  assert.equal(cgroupLayout([], kernel('memory'), '').version, 'none');
});
