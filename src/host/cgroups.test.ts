import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cgroupDirectory, cgroupMounts, cgroupVersion, removeCgroup } from './cgroups.ts';
import { ioV1, ioV2, keyed } from './cgroups-stats.ts';
import { deviceNumbers } from './devices.ts';
import { exitCodeOf, sendSignal, startTimeOf } from './processes.ts';

const hybrid = cgroupMounts(`30 20 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
31 20 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 20 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
33 20 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
34 20 0:30 / /tmp rw - tmpfs tmpfs rw
`);
const unified = cgroupMounts('30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n');

describe('cgroupMounts', () => {
  test('reads hierarchies and their controllers', () => {
    assert.deepEqual(hybrid.map(({ controllers }) => controllers), [['memory'], ['cpu', 'cpuacct'], ['name=systemd'], []]);
  });
  test('a version 2 beside version 1 holds no limits', () => assert.deepEqual([cgroupVersion(hybrid), cgroupVersion(unified)], [1, 2]));
  test('finds a controller\'s directory', () => {
    assert.equal(cgroupDirectory(hybrid, 'cpuacct', '/a/b'), '/sys/fs/cgroup/cpu,cpuacct/a/b');
    assert.equal(cgroupDirectory(hybrid, 'pids', '/a'), undefined);
    assert.equal(cgroupDirectory(unified, 'pids', '/a'), '/sys/fs/cgroup/a');
  });
});

test('removeCgroup() refuses what is no container\'s path', () => {
  for (const path of ['', '/', '/a/../..']) assert.throws(() => removeCgroup([], path), /not a container's cgroup/);
});

describe('stats', () => {
  test('reads name and number lines', () => assert.deepEqual(keyed('a 1\nb 2\n'), { a: 1, b: 2 }));
  test('reads block I/O of both versions', () => {
    assert.deepEqual(ioV1('8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n', '8:0 Read 1\n8:0 Write 2\n'), [
      { major: 8, minor: 0, operation: 'read', bytes: 10, operations: 1 }, { major: 8, minor: 0, operation: 'write', bytes: 20, operations: 2 },
    ]);
    assert.deepEqual(ioV2('254:1 rbytes=5 wbytes=6 rios=7 wios=8 dbytes=0\n'), [
      { major: 254, minor: 1, operation: 'read', bytes: 5, operations: 7 }, { major: 254, minor: 1, operation: 'write', bytes: 6, operations: 8 },
    ]);
  });
});

describe('processes', () => {
  test('exitCodeOf() adds 128 to a signal', () => assert.deepEqual([0x0700, 9, 0x8b].map(exitCodeOf), [7, 137, 139]));
  test('startTimeOf() knows this process and no other with its pid', () => {
    assert.ok(startTimeOf(process.pid)! > 0);
    assert.equal(startTimeOf(2 ** 30), undefined);
  });
  test('sendSignal() never reaches init, or all processes', () => {
    for (const pid of [1, 0, -1]) assert.throws(() => sendSignal(pid, 0), { code: 'ESRCH' });
  });
});

test('deviceNumbers() reads both halves of both numbers', () => {
  assert.deepEqual(deviceNumbers(0x0801), { major: 8, minor: 1 });
  assert.deepEqual(deviceNumbers(0x12_3456_78), { major: 0x456, minor: 0x12378 });
});
