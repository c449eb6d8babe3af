import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('mounts', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'conf-mounts-'));
    mkdirSync(join(folder, 'dir'));
    mkdirSync(join(folder, 'etc'));
    writeFileSync(join(folder, 'dir/in'), 'in');
    writeFileSync(join(folder, 'file'), 'file');
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What a shell said, and that it ended well. */
  const said = async (script: string, HostConfig: object, more: object = {}): Promise<string> => {
    const { stdout, stderr, exitCode } = await engine.finished({ Cmd: ['sh', '-c', script], HostConfig, ...more });
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };
  /** A container that can be made and not started. */
  const startFails = async (HostConfig: object, message: RegExp): Promise<void> => {
    const id = await engine.create({ HostConfig });
    const { status, json } = await engine.call('POST', `/containers/${id}/start`);
    assert.ok(status >= 400, `it started: ${JSON.stringify(HostConfig)}`);
    assert.match(json.message, message);
  };
  const removed = async (...volumes: string[]): Promise<void> => {
    await engine.clean();
    for (const name of volumes) await engine.expect('DELETE', `/volumes/${name}`, { status: 204 });
  };

  test('whatever is mounted at /etc, the generated files are on top', async () => {
    for (const HostConfig of [{ Binds: ['conf-etc:/etc'] }, { Binds: [`${folder}/etc:/etc`] }, { Tmpfs: { '/etc': '' } }]) {
      assert.equal(await said('cat /etc/hostname; grep -c mounted /etc/hosts', HostConfig, { Hostname: 'mounted' }), 'mounted\n1\n', JSON.stringify(HostConfig));
    }
    await removed('conf-etc');
  });

  test('places of mounts that are missing are made for everybody to pass', async () => {
    const HostConfig = { Binds: [`${folder}/dir:/a/b/c`, 'conf-place:/d/e', `${folder}/dir:/d/e/sub/dir`], Tmpfs: { '/g/h': '' } };
    const id = await engine.create({ HostConfig });
    await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    assert.equal(await said('stat -c "%n %a %u" /a /a/b /d /d/e/sub /g', HostConfig), '/a 755 0\n/a/b 755 0\n/d 755 0\n/d/e/sub 755 0\n/g 755 0\n');
    await removed('conf-place');
  });

  test('a tmpfs has the mode of the directory it covers, unless it is given one; a new place is everybody\'s', async () => {
    const HostConfig = { Tmpfs: { '/var': '', '/tmp': 'size=1m', '/fresh': '' }, Mounts: [{ Type: 'tmpfs', Target: '/root' }, { Type: 'tmpfs', Target: '/given/deep', TmpfsOptions: { Mode: 0o711 } }] };
    assert.equal(await said('stat -c "%n %a" /var /tmp /fresh /root /given/deep', HostConfig), '/var 755\n/tmp 1777\n/fresh 1777\n/root 700\n/given/deep 711\n');
    const id = await engine.create({ HostConfig: { Tmpfs: { '/var': '' } }, Cmd: ['stat', '-c', '%a', '/var'] });
    for (let round = 0; round < 2; round++) {
      await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
      await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
    }
    assert.equal((await engine.output(id)).stdout, '755\n755\n');
  });

  test('containers are found by what is mounted in them, but for --tmpfs', async () => {
    const id = await engine.create({ HostConfig: { Binds: ['conf-found:/found', `${folder}/dir:/bound`], Tmpfs: { '/hidden': '' } } });
    const found = async (volume: string): Promise<boolean> => {
      const { json } = await engine.expect('GET', '/containers/json', { query: { all: 1, filters: JSON.stringify({ volume: [volume] }) }, status: 200 });
      return (json as { Id: string }[]).some(({ Id }) => Id === id);
    };
    const answers = await Promise.all(['conf-found', '/found', '/bound', `${folder}/dir`, '/hidden', 'nosuch'].map(found));
    assert.deepEqual(answers, [true, true, true, true, false, false]);
    await removed('conf-found');
  });

  test('a volume of the image\'s, or of a person who forgot the source, may lack the slash', async () => {
    assert.equal(await said('touch /data/x && grep -o " /data " /proc/mounts', {}, { Volumes: { data: {} } }), ' /data \n');
  });

  test('a file is bound by any path that leads to it, a slash at its end too', async () => {
    for (const source of ['file', 'file/', '/dir/../file', '/./file']) {
      assert.equal(await said('cat /f', { Binds: [`${folder}/${source}:/f`] }), 'file', source);
    }
  });

  test('a missing source of -v becomes a directory, at each start; one that cannot is told of', async () => {
    const id = await engine.create({ HostConfig: { Binds: [`${folder}/new/deep:/x`] }, Cmd: ['ls', '/x'] });
    assert.ok(!readdirSync(folder).includes('new'));
    for (let round = 0; round < 2; round++) {
      await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
      await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
      assert.deepEqual(readdirSync(join(folder, 'new')), ['deep']);
      rmSync(join(folder, 'new'), { recursive: true });
    }
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
    await startFails({ Binds: [`${folder}/dangling:/x`] }, /error while creating mount source path '.*dangling': mkdir .*dangling: file exists/);
    await startFails({ Binds: [`${folder}/file/below:/x`] }, /file\/below: not a directory.*Are you trying to mount a directory onto a file/);
  });

  test('a source of --mount that went away keeps the container from starting, and is not made', async () => {
    mkdirSync(join(folder, 'goes'));
    const id = await engine.create({ HostConfig: { Mounts: [{ Type: 'bind', Source: `${folder}//goes`, Target: '/x' }] } });
    rmSync(join(folder, 'goes'), { recursive: true });
    await engine.expect('POST', `/containers/${id}/start`, { status: 400, message: /invalid mount config for type "bind": bind source path does not exist: .*goes/ });
    assert.ok(!readdirSync(folder).includes('goes'));
  });

  test('a directory does not go over a file, nor a file over a directory', async () => {
    await startFails({ Binds: [`${folder}/dir:/etc/passwd`] }, /not a directory.*Are you trying to mount a directory onto a file \(or vice-versa\)\?/i);
    await startFails({ Binds: [`${folder}/file:/bin`] }, /not a directory.*Are you trying to mount a directory onto a file \(or vice-versa\)\?/i);
  });

  for (const place of ['/proc', '/proc/1', '/proc/sys/kernel/core_pattern', '/proc/self/attr/exec', '/bin/../proc/sys']) {
    test(`nothing of another kind takes the place of ${place}`, async () => {
      const source = place.endsWith('pattern') || place.endsWith('exec') ? 'file' : 'dir';
      await startFails({ Binds: [`${folder}/${source}:${place}`] }, /cannot be mounted because it is (inside \/proc|not of type proc)/);
    });
  }

  test('/proc itself may be bound, and files of it that say what the machine is', async () => {
    assert.equal(await said('cat /proc/uptime /proc/cpuinfo', { Binds: [`${folder}/file:/proc/uptime`, `${folder}/file:/proc/cpuinfo:ro`] }), 'filefile');
    await said('test -d /proc/1', { Binds: ['/proc:/proc'] });
  });

  test('an image\'s link to /proc is no way around', async () => {
    const { id } = await engine.finished({ Cmd: ['sh', '-c', 'ln -s proc/sys /alias; ln -s /proc /whole'] });
    await engine.expect('POST', '/commit', { query: { container: id, repo: 'conformance/links', tag: 'x' }, body: {}, status: 201 });
    for (const place of ['/alias/kernel', '/whole']) {
      const hostile = await engine.create({ Image: 'conformance/links:x', HostConfig: { Binds: [`${folder}/dir:${place}`] } });
      const { status, json } = await engine.call('POST', `/containers/${hostile}/start`);
      assert.ok(status >= 400, place);
      assert.match(json.message, /cannot be mounted because it is (inside \/proc|not of type proc)/);
    }
    await engine.clean();
    await engine.expect('DELETE', '/images/conformance/links:x', { status: 200 });
  });

  test('what comes from another container has no mode of its own', async () => {
    const donor = await engine.create({ HostConfig: { Binds: ['conf-from:/v:ro', `${folder}/dir:/b:rw`] } });
    const heir = await engine.create({ HostConfig: { VolumesFrom: [donor] } });
    const mounts = ((await engine.inspect(heir)).Mounts as { Destination: string; Mode: string; RW: boolean }[]).sort((a, b) => a.Destination.localeCompare(b.Destination));
    assert.deepEqual(mounts.map(({ Destination, Mode, RW }) => [Destination, Mode, RW]), [['/b', '', true], ['/v', '', false]]);
    await removed('conf-from');
  });

  test('no program, device or setuid bit of /dev/shm counts, whoever shares it', async () => {
    const donor = await engine.run({ HostConfig: { IpcMode: 'shareable', ShmSize: 1 << 20 } });
    for (const IpcMode of ['private', 'shareable', `container:${donor}`]) {
      assert.match(await said('grep " /dev/shm " /proc/mounts', { IpcMode }), / rw,nosuid,nodev,noexec,/, IpcMode);
    }
  });

  test('parents are mounted before children, two hundred of them too', async () => {
    assert.equal(await said('ls /p /p/c', { Binds: [`${folder}/dir:/p/c`, 'conf-parent:/p'] }), '/p:\nc\n\n/p/c:\nin\n');
    const many = Array.from({ length: 200 }, (_, index) => `${folder}/dir:/many/${index}`);
    assert.equal(await said('ls -d /many/*/in | wc -l', { Binds: many }), '200\n');
    await removed('conf-parent');
  });

  test('paths may be long, and hold blanks, commas and letters of any kind', async () => {
    const deep = ['a', 'b', 'c'].map((letter) => letter.repeat(250)).join('/');
    for (const place of [`/${deep}`, '/sp ace/tab\tx', '/com,ma', '/ñandú']) {
      assert.equal(await said('cat "$PLACE/in"', { Binds: [`${folder}/dir:${place}`] }, { Env: [`PLACE=${place}`] }), 'in', place);
    }
  });

  const refusedTmpfs: [tmpfs: Record<string, string>, message: string][] = [
    [{ '': '' }, "invalid mount path: '' mount path must be absolute"],
    [{ '/': '' }, "invalid specification: destination can't be '/'"],
    [{ '/x': 'colour=red' }, 'invalid tmpfs option "colour"'],
    [{ '/x': 'bogus' }, 'invalid tmpfs option "bogus"'],
  ];
  for (const [Tmpfs, message] of refusedTmpfs) {
    test(`a tmpfs ${JSON.stringify(Tmpfs)} is refused`, async () => {
      const { status, json } = await engine.call('POST', '/containers/create', { body: { Image: engine.image, HostConfig: { Tmpfs } } });
      // Older Dockers look at the options only when they mount.
      if (status === 201 && !engine.ours) return void await engine.expect('DELETE', `/containers/${json.Id}`, { status: 204 });
      assert.deepEqual([status, json.message], [400, message]);
    });
  }
});
