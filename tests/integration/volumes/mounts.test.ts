import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mountTable } from '../../../src/host/mount-info.ts';
import { makePrivate, mount, mountFlags, unmount } from '../../../src/host/mount.ts';
import { Box } from '../containers/box.ts';

describe('mounts in all their keys', () => {
  let box: Box;
  let folder: string;
  before(async () => {
    box = await Box.open();
    folder = mkdtempSync(join(tmpdir(), 'gantry-mounts-'));
    await box.sh('mkdir -p /v/a/b; echo deep > /v/a/b/f; ln -s a /v/in; ln -s / /v/root; ln -s ../../../../../../../../etc /v/up; ln -s /v/a /v/abs; echo single > /v/one', { HostConfig: { Binds: ['tree:/v'] } });
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const mounted = (script: string, ...mounts: object[]) => box.sh(script, { HostConfig: { Mounts: mounts } });
  const refusal = async (hostConfig: object, more: object = {}): Promise<{ status: number; message: string }> => {
    const created = await box.daemon.request('POST', '/containers/create', { Image: 'gantry/busybox', Cmd: ['true'], HostConfig: hostConfig, ...more });
    const { status, text } = created.status >= 400 ? created : await box.daemon.request('POST', `/containers/${(created.json as { Id: string }).Id}/start`);
    return { status, message: status >= 400 ? (JSON.parse(text) as { message: string }).message : '' };
  };
  /** Places of root filesystems stay, with nothing mounted on them. */
  const stagesLeft = (): string[] => {
    const folder = join(box.daemon.runFolder, 'mounts');
    return readdirSync(folder).filter((name) => !name.startsWith('root-') || readdirSync(join(folder, name)).length > 0);
  };

  test('a subpath shows a directory or file of a volume, also through links that stay inside', async () => {
    const volume = (subpath: string) => ({ Type: 'volume', Source: 'tree', Target: '/m', VolumeOptions: { Subpath: subpath } });
    assert.equal((await mounted('cat /m/f; ls /m', volume('a/b'))).stdout, 'deep\nf\n');
    assert.equal((await mounted('cat /m/b/f', volume('in'))).stdout, 'deep\n');
    assert.equal((await mounted('cat /m', volume('one'))).stdout, 'single\n');
    assert.deepEqual(stagesLeft(), []);
  });

  for (const subpath of ['root', 'root/etc', 'up', 'abs', 'nothing', 'one/x']) {
    test(`a subpath that leads out or nowhere is refused: ${subpath}`, async () => {
      const { status, message } = await refusal({ Mounts: [{ Type: 'volume', Source: 'tree', Target: '/m', VolumeOptions: { Subpath: subpath } }] });
      assert.equal(status, message.endsWith('no such file or directory') ? 404 : 400, message);
      assert.match(message, /^cannot access path \S+: (?:it leads out of what is mounted|no such file or directory)$/);
      assert.deepEqual(stagesLeft(), []);
    });
  }

  test('an image is mounted read-only, whole or in part, and kept while a container has it', async () => {
    const image = { Type: 'image', Source: 'gantry/busybox', Target: '/img' };
    const seen = await mounted('ls -d /img/bin/busybox; touch /img/x || echo ro; cat /etc/passwd | cmp - /part && echo same', image, { ...image, Target: '/part', ImageOptions: { Subpath: 'etc/passwd' } });
    assert.match(seen.stdout, /^\/img\/bin\/busybox\nro\nsame\n$/);
    const { json } = await box.ok('POST', `/commit?container=${seen.id}&repo=mounted&tag=x`, {});
    const keeper = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { Mounts: [{ ...image, Source: 'mounted:x' }] } });
    for (const name of ['mounted:x', (json as { Id: string }).Id]) assert.equal((await box.daemon.request('DELETE', `/images/${name}`)).status, 409, name);
    assert.equal((await box.exec(keeper, ['ls', '/img/bin/busybox'])).exitCode, 0);
    assert.equal((await refusal({ Mounts: [{ ...image, Source: 'nosuch' }] })).status, 404);
    assert.deepEqual((await box.inspect(keeper)).Mounts.map(({ Type, RW }) => [Type, RW]), [['image', false]]);
  });

  test('read-only means everything below too, unless less was asked', async () => {
    mkdirSync(join(folder, 'top/below'), { recursive: true });
    mount('tmpfs', join(folder, 'top/below'), { type: 'tmpfs' });
    try {
      const bind = { Type: 'bind', Source: join(folder, 'top'), Target: '/b', ReadOnly: true };
      const write = 'touch /b/x 2>/dev/null || echo top; touch /b/below/x 2>/dev/null || echo below';
      assert.equal((await mounted(write, bind)).stdout, 'top\nbelow\n');
      assert.equal((await mounted(write, { ...bind, BindOptions: { ReadOnlyForceRecursive: true, Propagation: 'rprivate' } })).stdout, 'top\nbelow\n');
      assert.equal((await mounted(write, { ...bind, BindOptions: { ReadOnlyNonRecursive: true } })).stdout, 'top\n');
      assert.equal((await mounted('ls /b/below; grep -c " /b" /proc/mounts', { ...bind, BindOptions: { NonRecursive: true } })).stdout, '1\n');
    } finally {
      unmount(join(folder, 'top/below'), { lazy: true });
    }
  });

  test('mounts reach a container, and come back from it, as its propagation says', async () => {
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    mount('tmpfs', shared, { type: 'tmpfs' });
    mount('none', shared, { flags: mountFlags.shared });
    try {
      for (const name of ['late', 'mine']) mkdirSync(join(shared, name));
      const start = (propagation: string, privileged = false) => box.start({
        Cmd: ['sleep', '1000'], HostConfig: { Privileged: privileged, Mounts: [{ Type: 'bind', Source: shared, Target: '/s', BindOptions: { Propagation: propagation } }] },
      });
      const [slave, alone, both] = [await start('rslave'), await start('rprivate'), await start('rshared', true)];
      mount('tmpfs', join(shared, 'late'), { type: 'tmpfs' });
      writeFileSync(join(shared, 'late/here'), '');
      const sees = async (id: string): Promise<string> => (await box.exec(id, ['ls', '/s/late'])).stdout.trim();
      assert.deepEqual([await sees(slave), await sees(alone), await sees(both)], ['here', '', 'here']);
      assert.equal((await box.exec(both, ['sh', '-c', 'mount -t tmpfs t /s/mine && touch /s/mine/back'])).exitCode, 0);
      assert.deepEqual(readdirSync(join(shared, 'mine')), ['back']);
      await box.exec(both, ['umount', '/s/mine']);
      for (const id of [slave, alone, both]) await box.ok('DELETE', `/containers/${id}?force=1`);
    } finally {
      makePrivate(shared, { recursive: true });
      unmount(shared, { lazy: true });
    }
  });

  test('tmpfs has the size, mode and flags it was given', async () => {
    const { stdout } = await box.sh('grep -E " /(one|two|dev/shm) " /proc/mounts | sort; stat -c %a /one /two', {
      HostConfig: { Tmpfs: { '/one': 'size=1m,exec,mode=1700' }, Mounts: [{ Type: 'tmpfs', Target: '/two', TmpfsOptions: { SizeBytes: 2 << 20, Mode: 0o711 } }], ShmSize: 3 << 20 },
    });
    const [shm, one, two, ...modes] = stdout.trim().split('\n');
    assert.match(shm ?? '', /nosuid,nodev,noexec,.*size=3072k/);
    assert.match(one ?? '', /nosuid,nodev,.*size=1024k/);
    assert.ok(!one?.includes('noexec'));
    assert.match(two ?? '', /nosuid,nodev,noexec,.*size=2048k/);
    assert.deepEqual(modes, ['1700', '711']);
  });

  test('volumes come from another container, with its subpaths and its read-only ones', async () => {
    const donor = await box.create({
      HostConfig: { Binds: ['tree:/rw', 'tree:/ro:ro', `${folder}:/bind`], Mounts: [{ Type: 'volume', Source: 'tree', Target: '/sub', VolumeOptions: { Subpath: 'a' } }] },
    });
    const script = 'for d in rw ro bind; do touch /$d/t 2>/dev/null && rm /$d/t && echo $d; done; ls /sub';
    assert.equal((await box.sh(script, { HostConfig: { VolumesFrom: [donor] } })).stdout, 'rw\nbind\nb\n');
    assert.equal((await box.sh(script, { HostConfig: { VolumesFrom: [`${donor}:ro`] } })).stdout, 'b\n');
    assert.equal((await refusal({ VolumesFrom: ['nosuch'] })).status, 400);
  });

  test('a data container that never ran gives its image\'s files to others', async () => {
    const donor = await box.create({ Volumes: { '/etc': {} } });
    const { stdout } = await box.sh('ls /etc/passwd', { HostConfig: { VolumesFrom: [donor] } });
    assert.equal(stdout, '/etc/passwd\n');
  });

  test('what is copied up keeps attributes and hard links, only into a volume that is empty', async () => {
    const made = await box.sh('mkdir -p /data/d; echo x > /data/d/f; ln /data/d/f /data/g; chown 3:4 /data/d/f; chmod 2755 /data; ln -s d/f /data/l; echo y > /data/filled');
    await box.ok('POST', `/commit?container=${made.id}&repo=copyup&tag=x`, {});
    const look = { Image: 'copyup:x', Cmd: ['sh', '-c', 'cd /data; stat -c "%a %u:%g %h" . d/f g; readlink l'] };
    const run = async (binds: string[]): Promise<string> => {
      const id = await box.start({ ...look, HostConfig: { Binds: binds } });
      await box.wait(id);
      return (await box.output(id)).stdout;
    };
    assert.equal(await run(['fresh:/data']), '2755 0:0 1\n644 3:4 2\n644 3:4 2\nd/f\n'.replace('2755 0:0 1', '2755 0:0 3'));
    await box.sh('touch /v/mine', { HostConfig: { Binds: ['mine:/v'] } });
    assert.doesNotMatch(await run(['mine:/data']), /d\/f/);
    assert.doesNotMatch(await run(['uncopied:/data:nocopy']), /d\/f/);
  });

  test('an image\'s links at a volume\'s place lead nowhere outside of it', async () => {
    const canary = join(folder, 'canary');
    mkdirSync(canary);
    writeFileSync(join(canary, 'secret'), 'SECRET');
    const made = await box.sh(`ln -s ${canary} /abs; ln -s ../../../../../../../..${canary} /rel; mkdir /real; echo fine > /real/f; ln -s /real /inside`);
    await box.ok('POST', `/commit?container=${made.id}&repo=hostile&tag=x`, {});
    for (const place of ['/abs', '/rel', `/../../..${canary}`]) {
      const id = await box.create({ Image: 'hostile:x', Cmd: ['sh', '-c', `touch ${place}/written; ls -R ${place}/`], Volumes: { [place]: {} } });
      const { Mounts } = await box.inspect(id);
      assert.deepEqual(readdirSync(Mounts[0]?.Source ?? ''), [], place);
      await box.daemon.request('POST', `/containers/${id}/start`);
      await box.wait(id);
      assert.deepEqual(readdirSync(canary), ['secret'], place);
      assert.doesNotMatch((await box.output(id)).stdout, /secret/);
    }
    const { stdout } = await box.sh('cat /inside/f', { Image: 'hostile:x', Volumes: { '/inside': {} } });
    assert.equal(stdout, 'fine\n');
  });

  test('links that a volume holds lead no mount below it out', async () => {
    const victim = join(folder, 'victim');
    mkdirSync(victim);
    const { json } = await box.ok('POST', '/volumes/create', { Name: 'trap' });
    symlinkSync(victim, join((json as { Mountpoint: string }).Mountpoint, 'sub'));
    writeFileSync(join(folder, 'payload'), 'payload');
    const id = await box.create({ Cmd: ['true'], HostConfig: { Binds: ['trap:/t', `${folder}/payload:/t/sub/file`, `tree:/t/sub/dir`] } });
    await box.daemon.request('POST', `/containers/${id}/start`);
    await box.daemon.request('HEAD', `/containers/${id}/archive?path=/t/sub`);
    assert.deepEqual(readdirSync(victim), []);
    assert.ok(!existsSync(join(victim, 'file')));
  });

  const refused: [title: string, hostConfig: object, message: RegExp][] = [
    ['cluster volumes', { Mounts: [{ Type: 'cluster', Source: 'x', Target: '/x' }] }, /mount type "cluster" is not supported/],
    ['an image without a name', { Mounts: [{ Type: 'image', Target: '/x' }] }, /field Source must not be empty/],
    ['an escaping image subpath', { Mounts: [{ Type: 'image', Source: 'gantry/busybox', Target: '/x', ImageOptions: { Subpath: '../x' } }] }, /subpath must be a relative path within the image/],
    ['an unknown tmpfs option', { Tmpfs: { '/x': 'colour=red' } }, /invalid tmpfs option "colour"/],
    ['two mounts at one place', { Binds: ['tree:/x', `${tmpdir()}:/x`] }, /Duplicate mount point: \/x/],
  ];
  for (const [title, hostConfig, message] of refused) {
    test(`${title}: refused by name`, async () => {
      const { status, message: said } = await refusal(hostConfig);
      assert.equal(status, 400);
      assert.match(said, message);
    });
  }

  test('nothing that was staged is left', () => {
    assert.deepEqual(stagesLeft(), []);
    assert.ok(mountTable().split('\n').every((line) => !line.includes(`${box.daemon.runFolder}/mounts/`)));
  });
});
