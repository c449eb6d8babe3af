import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Box } from '../containers/box.ts';

const mega = 1 << 20;

describe('limits on control groups v2', { skip: process.env['GANTRY_IN_VM'] === undefined && 'only inside npm run test:vm' }, () => {
  let box: Box;
  before(async () => { box = await Box.open(); });
  after(() => box[Symbol.asyncDispose]());

  /** Its files, as the host sees them. */
  const kernel = async (id: string): Promise<(file: string) => string> => {
    const { State: { Pid } } = await box.inspect(id);
    const path = readFileSync(`/proc/${Pid}/cgroup`, 'utf8').trim().replace(/^0::/, '');
    return (file) => readFileSync(`/sys/fs/cgroup${path}/${file}`, 'utf8').trim();
  };
  const values = (read: (file: string) => string, ...files: string[]): string[] => files.map(read);

  test('every limit of a create reaches the kernel, in its words', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'], HostConfig: {
      Memory: 64 * mega, MemorySwap: 96 * mega, MemoryReservation: 32 * mega, CpuShares: 512, CpuPeriod: 50_000, CpuQuota: 25_000, CpusetCpus: '1', PidsLimit: 20,
    } });
    assert.deepEqual(values(await kernel(id), 'memory.max', 'memory.swap.max', 'memory.low', 'cpu.weight', 'cpu.max', 'cpuset.cpus.effective', 'pids.max'), [
      String(64 * mega), String(32 * mega), String(32 * mega), '20', '25000 50000', '1', '20',
    ]);
  });

  test('an update changes what it names and keeps what shares a file with it', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { Memory: 64 * mega, MemorySwap: 96 * mega, CpuPeriod: 50_000, CpuQuota: 25_000 } });
    const read = await kernel(id);
    await box.ok('POST', `/containers/${id}/update`, { Memory: 80 * mega, CpuQuota: 10_000, PidsLimit: 9 });
    assert.deepEqual(values(read, 'memory.max', 'memory.swap.max', 'cpu.max', 'pids.max'), [String(80 * mega), String(16 * mega), '10000 50000', '9']);
    await box.ok('POST', `/containers/${id}/update`, { MemorySwap: -1, CpusetCpus: '0' });
    assert.deepEqual(values(read, 'memory.max', 'memory.swap.max', 'cpuset.cpus.effective'), [String(80 * mega), 'max', '0']);
  });

  test('a container sees its own group as the root, and with --cgroupns=host where it is', async () => {
    assert.equal((await box.sh('cat /proc/self/cgroup; head -c 9 /sys/fs/cgroup/memory.max', { HostConfig: { Memory: 64 * mega } })).stdout, `0::/\n${64 * mega}\n`);
    const { id, stdout } = await box.sh('cat /proc/self/cgroup', { HostConfig: { CgroupnsMode: 'host' } });
    assert.match(stdout, new RegExp(`^0::/gantry-[0-9a-f]+/${id}\n$`));
  });

  test('--cgroup-parent puts it there, also below a slice of systemd, and only the parent stays', async () => {
    const parent = 'system.slice/gantry-test-parent';
    const { id, stdout } = await box.sh('cat /proc/self/cgroup', { HostConfig: { CgroupnsMode: 'host', CgroupParent: parent } });
    assert.equal(stdout, `0::/${parent}/${id}\n`);
    assert.ok(!existsSync(`/sys/fs/cgroup/${parent}/${id}`));
    rmdirSync(`/sys/fs/cgroup/${parent}`);
  });

  test('a kill for want of memory is told, whichever process it hits', async () => {
    const { id, exitCode } = await box.sh('tail /dev/zero', { HostConfig: { Memory: 16 * mega, MemorySwap: 16 * mega } });
    const { State } = await box.inspect(id);
    assert.deepEqual([exitCode, State.OOMKilled], [137, true]);
  });

  test('pause stands still, unpause goes on', async () => {
    const id = await box.start({ Cmd: ['sh', '-c', 'while :; do :; done'] });
    const read = await kernel(id);
    await box.ok('POST', `/containers/${id}/pause`);
    const used = (): string => /usage_usec (\d+)/.exec(read('cpu.stat'))?.[1] as string;
    const before = used();
    assert.deepEqual([read('cgroup.freeze'), /frozen (\d)/.exec(read('cgroup.events'))?.[1], (await box.inspect(id)).State.Status], ['1', '1', 'paused']);
    assert.equal(used(), before);
    await box.ok('POST', `/containers/${id}/unpause`);
    assert.equal(read('cgroup.freeze'), '0');
  });

  test('devices are kept out by a program in the kernel, and let in by name', async () => {
    const script = 'mknod /tmp/null c 1 3; mknod /tmp/kmsg c 1 11; echo x > /tmp/null && echo null; head -c 1 /tmp/kmsg > /dev/null && echo kmsg; true';
    assert.equal((await box.sh(script)).stdout, 'null\n');
    assert.equal((await box.sh(script, { HostConfig: { DeviceCgroupRules: ['c 1:11 r'], CapAdd: ['SYSLOG'] } })).stdout, 'null\nkmsg\n');
  });

  test('stats has the fields of version 2', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { Memory: 64 * mega, PidsLimit: 7 } });
    const stats = (await box.ok('GET', `/containers/${id}/stats?stream=0&one-shot=1`)).json as {
      memory_stats: { usage: number; limit: number; max_usage?: number; stats: Record<string, number> };
      cpu_stats: { cpu_usage: { percpu_usage?: number[] } }; pids_stats: { current: number; limit: number };
    };
    assert.deepEqual([stats.memory_stats.limit, stats.memory_stats.max_usage, stats.cpu_stats.cpu_usage.percpu_usage, stats.pids_stats], [
      64 * mega, undefined, undefined, { current: 1, limit: 7 },
    ]);
    for (const name of ['anon', 'file', 'inactive_file', 'pgfault']) assert.equal(typeof stats.memory_stats.stats[name], 'number', name);
  });
});
