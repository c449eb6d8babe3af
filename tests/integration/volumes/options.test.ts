import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { mountTable } from '../../../src/host/mount-info.ts';
import { Box } from '../containers/box.ts';

describe('volumes that are filesystems of their own', () => {
  let box: Box;
  let folder: string;
  before(async () => {
    box = await Box.open();
    folder = mkdtempSync(join(tmpdir(), 'gantry-volopts-'));
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const create = async (name: string, options: Record<string, string>): Promise<string> => {
    const { json } = await box.ok('POST', '/volumes/create', { Name: name, DriverOpts: options });
    return (json as { Mountpoint: string }).Mountpoint;
  };
  const isMounted = (path: string): boolean => mountTable().includes(` ${path} `);

  test('a tmpfs has its size, owner and mode, is mounted at the first use and gone after the last', async () => {
    const path = await create('memory', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=1000,mode=0750,noexec' });
    assert.ok(!isMounted(path));
    const first = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { Binds: ['memory:/m'] } });
    assert.ok(isMounted(path));
    const second = await box.sh('stat -c "%u %a" /m; echo shared > /m/f; dd if=/dev/zero of=/m/big bs=1M count=2 2>&1 | grep -o "No space"; grep " /m " /proc/mounts', { HostConfig: { Binds: ['memory:/m'] } });
    assert.match(second.stdout, /^1000 750\nNo space\ntmpfs \/m tmpfs rw,noexec,/);
    assert.ok(isMounted(path));
    assert.equal((await box.exec(first, ['cat', '/m/f'])).stdout, 'shared\n');
    await box.ok('DELETE', `/containers/${first}?force=1`);
    assert.ok(!isMounted(path));
    assert.equal((await box.sh('ls /m', { HostConfig: { Binds: ['memory:/m'] } })).stdout, '');
    assert.ok(!isMounted(path));
  });

  test('a bind shows a directory of the host, and removing the volume leaves it alone', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data/precious'), 'precious');
    const path = await create('bound', { type: 'none', device: join(folder, 'data'), o: 'bind' });
    const { id, stdout } = await box.sh('cat /b/precious; echo more > /b/more', { HostConfig: { Binds: ['bound:/b'] } });
    assert.equal(stdout, 'precious');
    assert.equal(readFileSync(join(folder, 'data/more'), 'utf8'), 'more\n');
    await box.ok('DELETE', `/containers/${id}`);
    await box.ok('DELETE', '/volumes/bound');
    assert.ok(!existsSync(path));
    assert.equal(readFileSync(join(folder, 'data/precious'), 'utf8'), 'precious');
  });

  test('a read-only bind is read-only, whatever the container asks', async () => {
    mkdirSync(join(folder, 'fixed'));
    await create('fixed', { type: 'none', device: join(folder, 'fixed'), o: 'bind,ro' });
    assert.match((await box.sh('touch /b/x', { HostConfig: { Binds: ['fixed:/b'] } })).stderr, /Read-only file system/);
  });

  test('it stays mounted while the daemon is dead, and the next daemon unmounts it after the last use', async () => {
    const path = await create('survivor', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' });
    const id = await box.start({ Cmd: ['sh', '-c', 'echo kept > /m/f; exec sleep 1000'], HostConfig: { Binds: ['survivor:/m'] } });
    await box.until(() => box.exec(id, ['cat', '/m/f']), ({ stdout }) => stdout === 'kept\n');
    await box.daemon.crashAndRestart();
    assert.ok(isMounted(path));
    assert.equal((await box.sh('cat /m/f', { HostConfig: { Binds: ['survivor:/m'] } })).stdout, 'kept\n');
    await box.ok('POST', `/containers/${id}/kill`);
    await box.wait(id);
    await box.until(async () => (await box.inspect(id), isMounted(path)), (mounted) => !mounted);
  });

  test('one whose last user ended while the daemon was dead is unmounted at its start', async () => {
    const path = await create('orphan', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' });
    const id = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { Binds: ['orphan:/m'] } });
    const { State: { Pid } } = await box.inspect(id);
    await box.daemon.crash();
    process.kill(Pid, 'SIGKILL');
    // Until the monitor has buried it: its number is nobody's then.
    while (existsSync(`/proc/${Pid}`)) await setImmediate();
    await box.daemon.start();
    assert.ok(!isMounted(path));
  });

  const broken: [name: string, options: Record<string, string>, message: RegExp][] = [
    ['badopt', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,bogus' }, /error while mounting volume '\S+badopt\/_data': failed to mount local volume: mount tmpfs:\S+, data: size=1m,bogus: invalid argument/],
    ['nodir', { type: 'none', device: '/nonexistent/x', o: 'bind' }, /failed to mount local volume: mount \/nonexistent\/x:\S+, flags: 0x1000: no such file or directory/],
    ['nofs', { type: 'nosuchfs', device: 'x' }, /failed to mount local volume: mount x:\S+: no such device/],
    ['share', { type: 'cifs', device: '//127.0.0.1/x', o: 'username=me,password=hidden' }, /password=\*{8}: no such device|password=\*{8}/],
    ['resolve', { type: 'nfs', device: ':/x', o: 'addr=no-such-host.invalid' }, /error resolving passed in network volume address/],
  ];
  for (const [name, options, message] of broken) {
    test(`a start tells why ${JSON.stringify(options)} cannot be mounted, and the container can be removed`, async () => {
      const path = await create(name, options);
      const id = await box.create({ HostConfig: { Binds: [`${name}:/x`] } });
      const { status, text } = await box.daemon.request('POST', `/containers/${id}/start`);
      assert.ok(status >= 400);
      assert.match((JSON.parse(text) as { message: string }).message, message);
      assert.ok(!text.includes('hidden'));
      assert.ok(!isMounted(path));
      await box.ok('DELETE', `/containers/${id}`);
      await box.ok('DELETE', `/volumes/${name}`);
    });
  }

  test('image files that do not fit into a volume are told of, and nothing of them or of the container is left', async () => {
    await create('small', { type: 'tmpfs', device: 'tmpfs', o: 'size=64k' });
    const { status, text } = await box.daemon.request('POST', '/containers/create?name=toolarge', { Image: 'gantry/busybox', HostConfig: { Binds: ['small:/bin'] } });
    assert.equal(status, 500);
    assert.match((JSON.parse(text) as { message: string }).message, /^failed to copy files: write \S+\/small\/_data: no space left on device$/);
    assert.equal((await box.daemon.request('GET', '/containers/toolarge/json')).status, 404);
    assert.equal((await box.sh('ls -A /v; head -c 60000 /dev/urandom > /v/fits && rm /v/fits && echo room', { HostConfig: { Binds: ['small:/v'] } })).stdout, 'room\n');
    for (const { Id } of (await box.ok('GET', '/containers/json?all=1&filters={"volume":["small"]}')).json as { Id: string }[]) await box.ok('DELETE', `/containers/${Id}`);
    await box.ok('DELETE', '/volumes/small');
  });

  test('the same name with other options is another volume, and refused', async () => {
    await create('again', { type: 'tmpfs', device: 'tmpfs' });
    await create('again', { type: 'tmpfs', device: 'tmpfs' });
    await create('again', {});
    const { status, text } = await box.daemon.request('POST', '/volumes/create', { Name: 'again', DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } });
    assert.equal(status, 409);
    assert.match(text, /already exists with another value of option/);
  });

  test('events tell of creating, mounting, unmounting and removing', async () => {
    const since = Math.floor(Date.now() / 1000) - 1;
    const { id } = await box.sh('true', { HostConfig: { Binds: ['told:/t:ro'] } });
    await box.ok('DELETE', `/containers/${id}`);
    await box.ok('DELETE', '/volumes/told');
    const filters = encodeURIComponent(JSON.stringify({ type: ['volume'], volume: ['told'] }));
    const { text } = await box.ok('GET', `/events?since=${since}&until=${Math.floor(Date.now() / 1000) + 1}&filters=${filters}`);
    const seen = text.trim().split('\n').map((line) => JSON.parse(line) as { Action: string; Actor: { Attributes: Record<string, string> } });
    assert.deepEqual(seen.map(({ Action }) => Action), ['create', 'mount', 'unmount', 'destroy']);
    assert.deepEqual(seen[1]?.Actor.Attributes, { container: id, destination: '/t', driver: 'local', propagation: '', 'read/write': 'false' });
  });
});
