import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { mountTable } from '../../../src/host/mount-info.ts';
import { Box } from './box.ts';

describe('a container seen from inside', () => {
  let box: Box;
  before(async () => { box = await Box.open(); });
  after(() => box[Symbol.asyncDispose]());

  test('has namespaces of its own', async () => {
    const { stdout } = await box.sh('for n in pid mnt net ipc uts; do readlink /proc/self/ns/$n; done');
    const inside = stdout.trim().split('\n');
    const outside = ['pid', 'mnt', 'net', 'ipc', 'uts'].map((name) => readlinkSync(`/proc/self/ns/${name}`));
    assert.equal(inside.length, 5);
    for (const [index, name] of inside.entries()) assert.notEqual(name, outside[index]);
  });

  test('is process 1, sees only its own processes, and has its short id as hostname', async () => {
    const { id, stdout } = await box.sh('echo $$; ls /proc | grep -c "^[0-9]"; hostname');
    const [pid, count, hostname] = stdout.trim().split('\n');
    assert.equal(pid, '1');
    // The shell, ls and grep.
    assert.ok(Number(count) <= 3, count);
    assert.equal(hostname, id.slice(0, 12));
  });

  test('has Docker\'s fourteen capabilities, none inheritable or ambient, and a seccomp filter', async () => {
    const { stdout } = await box.sh('cat /proc/self/status');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(stdout)?.[1] ?? '';
    assert.deepEqual(['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'Seccomp'].map(field),
      ['0000000000000000', '00000000a80425fb', '00000000a80425fb', '00000000a80425fb', '0000000000000000', '2']);
  });

  test('cannot write the kernel\'s settings nor read what is masked', async () => {
    const { stdout } = await box.sh([
      'echo 1 > /proc/sys/kernel/panic || echo sysctl refused',
      'echo b > /proc/sysrq-trigger || echo sysrq refused',
      'echo 1 > /sys/kernel/profiling || echo sysfs refused',
      'cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c',
      'ls /sys/firmware | wc -l',
      'mount -t tmpfs none /mnt || echo mount refused',
    ].join('; '));
    assert.deepEqual(stdout.trim().split('\n'), ['sysctl refused', 'sysrq refused', 'sysfs refused', '0', '0', 'mount refused']);
  });

  test('has no descriptor but its three', async () => {
    const { stdout } = await box.sh('ls /proc/1/fd; true');
    assert.deepEqual(stdout.trim().split('\n').filter((fd) => Number(fd) < 10), ['0', '1', '2']);
  });

  test('drops and adds what it is told', async () => {
    const { stdout } = await box.sh('grep CapBnd /proc/self/status', { HostConfig: { CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] } });
    assert.match(stdout, /0000000000001000/);
  });

  test('without a network it has a loopback alone; with the host\'s it has the host\'s', async () => {
    assert.equal((await box.sh('ls /sys/class/net', { HostConfig: { NetworkMode: 'none' } })).stdout.trim(), 'lo');
    const { stdout } = await box.sh('readlink /proc/self/ns/net; hostname', { HostConfig: { NetworkMode: 'host' } });
    assert.deepEqual(stdout.trim().split('\n'), [readlinkSync('/proc/self/ns/net'), readFileSync('/proc/sys/kernel/hostname', 'utf8').trim()]);
  });

  test('shares the namespaces of another container when asked', async () => {
    const donor = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { IpcMode: 'shareable' } });
    const { Pid } = (await box.inspect(donor)).State;
    const { stdout } = await box.sh('for n in net pid ipc; do readlink /proc/self/ns/$n; done; touch /dev/shm/seen; hostname', {
      HostConfig: { NetworkMode: `container:${donor}`, PidMode: `container:${donor}`, IpcMode: `container:${donor}` },
    });
    assert.deepEqual(stdout.trim().split('\n'), [...['net', 'pid', 'ipc'].map((name) => readlinkSync(`/proc/${Pid}/ns/${name}`)), donor.slice(0, 12)]);
    assert.equal((await box.exec(donor, ['ls', '/dev/shm'])).stdout, 'seen\n');
  });

  test('runs as the user it is told, in the directory it is told, which is made', async () => {
    const { stdout } = await box.sh('id -u; id -g; pwd; stat -c %u /made/for/it', { User: '1234:56', WorkingDir: '/made/for/it' });
    assert.deepEqual(stdout.trim().split('\n'), ['1234', '56', '/made/for/it', '0']);
  });

  test('cannot write a read-only root, and can write a tmpfs in it', async () => {
    const { stdout } = await box.sh('touch /x || echo refused; touch /t/x && echo written', { HostConfig: { ReadonlyRootfs: true, Tmpfs: { '/t': '' } } });
    assert.deepEqual(stdout.trim().split('\n'), ['refused', 'written']);
  });

  test('leaves no mount of its root in the host\'s table while it runs', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'] });
    assert.ok(!mountTable().includes(id.slice(0, 20) + '-'));
    assert.ok(!mountTable().includes(`${box.daemon.runFolder}/mounts/root-`));
  });
});
