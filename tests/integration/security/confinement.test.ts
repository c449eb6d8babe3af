import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pack } from 'tar-stream';
import { Box } from '../containers/box.ts';

/** What a container's processes can reach of what starts them. */
describe('a hostile container', () => {
  let box: Box;
  let folder: string;
  let runtime: string;
  let running: string;
  const digestOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-confined-'));
    // A copy, so that a runtime that can be overwritten costs a copy.
    runtime = join(folder, 'runtime');
    copyFileSync('/usr/bin/crun', runtime);
    box = await Box.open(['--add-runtime', `copy=${runtime}`, '--default-runtime', 'copy']);
    running = await box.start({ Cmd: ['sh', '-c', 'ln -s /proc/self/fd /fds; ln -s /proc/self/fd/7 /seventh; ln -s /proc/1/root /root-of-one; echo ready; exec sleep 1000'] });
    await box.until(() => box.output(running), ({ stdout }) => stdout.includes('ready'));
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const executable = async (text: string): Promise<Buffer> => {
    const tar = pack();
    tar.entry({ name: 'entry', mode: 0o755 }, text);
    tar.finalize();
    return Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Buffer>));
  };

  test('cannot write the runtime that enters it (CVE-2019-5736)', async () => {
    const whole = digestOf(runtime);
    const grab = 'while :; do for p in /proc/[0-9]*; do case $(readlink $p/exe) in /bin/*) ;; *) (exec 9< $p/exe; echo seen; echo overwritten > /proc/self/fd/9; echo overwritten > $p/exe) 2>/dev/null; esac; done; done';
    const attacker = await box.create({ Cmd: ['/bin/sh', '-c', grab] });
    await box.ok('PUT', `/containers/${attacker}/archive?path=/bin`, await executable('#!/proc/self/exe\n'));
    await box.ok('POST', `/containers/${attacker}/start`);
    for (let round = 0; round < 20; round++) await box.exec(attacker, [round % 2 === 0 ? '/bin/entry' : 'true']);
    const own = await box.create({ Cmd: ['/entry'], Entrypoint: [] });
    await box.ok('PUT', `/containers/${own}/archive?path=/`, await executable('#!/proc/self/exe\n'));
    await box.daemon.request('POST', `/containers/${own}/start`);
    // Until it has had the runtime by its file at least once.
    await box.until(async () => (await box.exec(attacker, ['true']), await box.output(attacker)), ({ stdout }) => stdout.includes('seen'));
    await box.ok('POST', `/containers/${attacker}/kill`);
    assert.equal(digestOf(runtime), whole);
    assert.equal((await box.exec(running, ['true'])).exitCode, 0);
  });

  /** A working directory that a descriptor names is refused, or lies inside. */
  const staysInside = 'cd ../../../../../../../..; ls -A | sort | tr "\\n" " "; pwd -P';
  const inside = /^\.dockerenv bin dev etc .*\n?\/\n$/;
  test('finds no way out through its working directory (CVE-2024-21626)', async () => {
    const places = [...Array.from({ length: 16 }, (_, fd) => `/proc/self/fd/${fd}`), '/proc/thread-self/fd/7', '/proc/self/fd/8/..', '/proc/1/cwd', '/proc/self/root', '/proc/self/cwd'];
    for (const place of [...places, '/seventh', '/fds/8', '/fds/9/../..', '/root-of-one']) {
      const { exitCode, stdout } = await box.exec(running, ['sh', '-c', staysInside], { WorkingDir: place });
      if (exitCode === 0) assert.match(stdout, inside, place);
    }
    for (const place of places) {
      const id = await box.create({ Cmd: ['sh', '-c', staysInside], WorkingDir: place });
      if ((await box.daemon.request('POST', `/containers/${id}/start`)).status === 204) {
        await box.wait(id);
        assert.match((await box.output(id)).stdout, inside, place);
      }
      await box.ok('DELETE', `/containers/${id}?force=1`);
    }
  });

  test('finds no way out through the working directory of an image', async () => {
    const made = await box.sh('ln -s /proc/self/fd/7 /w7; ln -s /proc/self/fd /wd');
    for (const place of ['/w7', '/wd/8', '/wd/9/x']) {
      await box.ok('POST', `/commit?container=${made.id}&repo=workdir&tag=x&changes=${encodeURIComponent(`WORKDIR ${place}`)}`, {});
      const id = await box.create({ Image: 'workdir:x', Cmd: ['sh', '-c', staysInside] });
      if ((await box.daemon.request('POST', `/containers/${id}/start`)).status === 204) {
        await box.wait(id);
        const { stdout } = await box.output(id);
        if (stdout !== '') assert.match(stdout, inside, place);
      }
    }
  });

  for (const tty of [false, true]) {
    test(`gets descriptors 0, 1 and 2 and no more, ${tty ? 'with' : 'without'} a terminal`, async () => {
      const list = { Cmd: ['sh', '-c', 'for fd in /proc/self/fd/*; do [ -e $fd ] && echo ${fd##*/}; done; true'], Tty: tty };
      const { json } = await box.ok('POST', `/containers/${running}/exec`, { ...list, AttachStdout: true });
      const { text } = await box.ok('POST', `/exec/${(json as { Id: string }).Id}/start`, { Detach: false, Tty: tty });
      assert.deepEqual(text.match(/\d+/g), ['0', '1', '2']);
      const id = await box.start(list);
      await box.wait(id);
      assert.deepEqual((await box.ok('GET', `/containers/${id}/logs?stdout=1`)).text.match(/\d+/g), ['0', '1', '2']);
    });
  }

  const users: [user: string, runsAs: string][] = [
    ['1:', '1 1 1'], [':1', '0 1 1'], ['01', '1 1 1'], ['daemon', '1 1 1'], ['nobody:daemon', '65534 1 1'], ['2147483647', '2147483647 0 0'], ['4242:4243', '4242 4243 4243'],
    ['-1', 'refused'], ['1:-1', 'refused'], ['4294967296', 'refused'], ['1:4294967296', 'refused'], ['2147483648', 'refused'], ['0x0', 'refused'], ['1 ', 'refused'], [' ', 'refused'],
    ['nosuch', 'refused'], ['1:nosuch', 'refused'], ['a:b:c', 'refused'], ['1.0', 'refused'], ['18446744073709551616', 'refused'], ['root\n:0', 'refused'],
  ];
  test('runs as who was named, in a run and in an exec, and is never root by accident (CVE-2016-3697, CVE-2026-30892)', async () => {
    const script = 'echo $(id -u) $(id -g) $(grep Groups /proc/self/status | cut -d: -f2)';
    for (const [User, runsAs] of users) {
      const { exitCode, stdout } = await box.exec(running, ['sh', '-c', script], { User }).catch((error: Error) => {
        assert.match(error.message, /\/exec: [45]00 /);
        return { exitCode: 126, stdout: '' };
      });
      assert.equal(exitCode === 0 ? stdout.trim() : 'refused', runsAs, `exec as ${JSON.stringify(User)}`);
      const id = await box.create({ Cmd: ['sh', '-c', script], User });
      const { status } = await box.daemon.request('POST', `/containers/${id}/start`);
      if (status === 204) await box.wait(id);
      assert.equal(status === 204 ? (await box.output(id)).stdout.trim() : 'refused', runsAs, `run as ${JSON.stringify(User)}`);
    }
  });

  test('a name that is a number is that entry, and damaged lines give nobody an identity', async () => {
    const made = await box.sh('printf "1500:x:7:8::/:/bin/sh\\nempty:x::0::/:\\nhuge:x:4294967296:0::/:\\n::0:0:::\\n" > /etc/passwd; printf "77:x:9:\\n" > /etc/group');
    await box.ok('POST', `/commit?container=${made.id}&repo=users&tag=x`, {});
    const as = async (User: string): Promise<string> => {
      const id = await box.create({ Image: 'users:x', Cmd: ['sh', '-c', 'id -u; id -g'], User });
      if ((await box.daemon.request('POST', `/containers/${id}/start`)).status !== 204) return 'refused';
      await box.wait(id);
      return (await box.output(id)).stdout.trim().replace('\n', ' ');
    };
    assert.deepEqual([await as('1500'), await as('5:77'), await as('empty'), await as('huge')], ['7 8', '5 9', 'refused', 'refused']);
  });

  const statusOf = (text: string, ...names: string[]): string[] => names.map((name) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '');
  const none = '0000000000000000';
  const docker = '00000000a80425fb';
  const fields = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp'];
  const status = ['cat', '/proc/self/status'];
  test('inherits no capability and is bounded by Docker\'s, in an exec too (CVE-2022-24769)', async () => {
    const exec = async (body: object): Promise<string[]> => statusOf((await box.exec(running, status, body)).stdout, ...fields);
    assert.deepEqual(await exec({}), [none, docker, docker, docker, none, '0', '2']);
    assert.deepEqual(await exec({ User: '1000' }), [none, none, none, docker, none, '0', '2']);
    const [inherited, , , , ambient, , seccomp] = await exec({ Privileged: true });
    assert.deepEqual([inherited, ambient, seccomp], [none, none, '2']);
    const limited = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { CapDrop: ['ALL'], CapAdd: ['CHOWN'], SecurityOpt: ['no-new-privileges'] } });
    assert.deepEqual(statusOf((await box.exec(limited, status)).stdout, ...fields), [none, '0000000000000001', '0000000000000001', '0000000000000001', none, '1', '2']);
    assert.deepEqual(statusOf((await box.exec(limited, status, { User: '1000' })).stdout, ...fields), [none, none, none, '0000000000000001', none, '1', '2']);
  });

  test('cannot undo what is masked or read-only, nor make devices of the host', async () => {
    const before = ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname'].map((path) => readFileSync(path, 'utf8'));
    const tricks = [
      'umount /proc/kcore', 'umount /proc/sys', 'mount -o remount,rw,bind /proc/sys', 'mount -t proc proc /mnt', 'mount --bind / /mnt', 'unshare -m true', 'unshare -Ur true', 'nsenter -t 1 -m true',
      'chroot /proc/1/root umount /proc/kcore', 'echo "|/evil" > /proc/sys/kernel/core_pattern', 'echo 1 > /proc/sys/kernel/sysrq', 'echo x > /proc/irq/default_smp_affinity',
      'mv /proc/sys /proc/sys2', 'rm -rf /proc/sys/kernel/core_pattern', 'test -s /proc/kcore', 'test -s /proc/keys', 'test -s /proc/timer_list', 'ls /sys/firmware/*', 'echo 1 > /sys/kernel/profiling',
      'mknod /sda b 8 0 && head -c1 /sda', 'mknod /vda b 254 0 && head -c1 /vda', 'mknod /mem c 1 1 && head -c1 /mem', 'mknod /kmsg c 1 11 && head -c1 /kmsg', 'echo x > /sys/fs/cgroup/devices/devices.allow',
    ];
    const { stdout } = await box.exec(running, ['sh', '-c', tricks.map((trick) => `(${trick}) >/dev/null 2>&1 && echo ${JSON.stringify(trick)}`).join('; ')]);
    assert.equal(stdout, '');
    assert.deepEqual(['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname'].map((path) => readFileSync(path, 'utf8')), before);
  });
});
