import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCgroupControl } from '../../../src/engine/containers/cgroup-control.ts';
import { cgroupDirectory, cgroupMounts, cgroupVersion, processesIn } from '../../../src/host/cgroups.ts';
import { freezeCgroup, thawCgroup } from '../../../src/host/cgroups-freezer.ts';
import { readCgroupStats } from '../../../src/host/cgroups-stats.ts';
import { collect, Room } from './room.ts';

const mounts = cgroupMounts();

test('a frozen container stands still until it is thawed', async () => {
  await using room = new Room('crun');
  const path = `${room.cgroupParent}/c`;
  await room.runtime.start(room.request('c', ['sh', '-c', 'read line; echo "$line"'], { openStdin: true }));
  const { stream } = await room.runtime.attach({ id: 'c' }, { stdin: true, stdout: true, stderr: true });
  await freezeCgroup(mounts, path);
  stream.end('late\n');
  assert.equal((await room.runtime.list())[0]?.exit, undefined);
  // What the kernel itself says: on version 1 a state, on version 2 an event.
  const [file, frozen] = cgroupVersion(mounts) === 2 ? ['cgroup.events', /^frozen 1$/m] as const : ['freezer.state', /^FROZEN$/m] as const;
  assert.match(readFileSync(join(cgroupDirectory(mounts, 'freezer', path)!, file), 'utf8'), frozen);
  await thawCgroup(mounts, path);
  assert.equal((await collect(stream, false)).stdout, 'late\n');
});

test('limits of a running container can be raised, lowered and read back', async () => {
  await using room = new Room('crun');
  const path = `${room.cgroupParent}/c`;
  const mega = 1024 * 1024;
  await room.runtime.start(room.request('c', ['sleep', '1000'], { spec: { host: { memory: 32 * mega, pidsLimit: 20 } } }));
  for (const memory of [64 * mega, 16 * mega]) {
    const limits = { memory, memorySwap: 2 * memory, pidsLimit: 9 };
    createCgroupControl(mounts).update(path, limits, limits);
    const stats = readCgroupStats(mounts, path);
    assert.deepEqual([stats.memory.limit, stats.pids.limit, stats.pids.current], [memory, 9, 1]);
    assert.ok(stats.memory.usage > 0);
  }
  assert.equal(processesIn(mounts, path).length, 1);
  const file = cgroupVersion(mounts) === 2 ? 'cpu.weight' : 'cpu.shares';
  createCgroupControl(mounts).update(path, { cpuShares: 512 }, { cpuShares: 512 });
  assert.equal(readFileSync(join(cgroupDirectory(mounts, 'cpu', path)!, file), 'utf8').trim(), cgroupVersion(mounts) === 2 ? '20' : '512');
});
