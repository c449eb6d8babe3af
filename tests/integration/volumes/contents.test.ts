import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mountTable } from '../../../src/host/mount-info.ts';
import { gantryProgram, withoutTestContext } from '../../support/daemon.ts';
import { Box } from '../containers/box.ts';

const [program, ...leading] = gantryProgram();

describe('volume export, import, clone and rename', () => {
  let box: Box;
  let folder: string;
  before(async () => {
    box = await Box.open();
    folder = mkdtempSync(join(tmpdir(), 'gantry-contents-'));
    await box.sh('mkdir /v/d; echo one > /v/d/one; ln /v/d/one /v/d/two; ln -s d/one /v/l; chown 5:6 /v/d/one; chmod 4750 /v/d/one; chown 9:9 /v; chmod 700 /v; mkfifo /v/p', { HostConfig: { Binds: ['data:/v'] } });
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const gantry = (args: string[], input?: Buffer): { status: number | null; stdout: Buffer; stderr: string } => {
    const { status, stdout, stderr } = spawnSync(program, [...leading, '-H', box.daemon.host, 'volume', ...args], { input, cwd: folder, env: withoutTestContext() });
    return { status, stdout, stderr: String(stderr) };
  };
  const done = (args: string[], input?: Buffer): Buffer => {
    const { status, stdout, stderr } = gantry(args, input);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const looks = 'cd /v; stat -c "%n %a %u:%g %h %F" . d d/one d/two p; readlink l; cat l';
  const lookAt = async (volume: string): Promise<string> => (await box.sh(looks, { HostConfig: { Binds: [`${volume}:/v`] } })).stdout;

  test('what was exported and imported, through a file or a pipe, is the same', async () => {
    const original = await lookAt('data');
    assert.match(original, /^\. 700 9:9 .*\n.*\nd\/one 4750 5:6 2 regular file\n/);
    done(['export', '-o', 'data.tar', 'data']);
    assert.equal(done(['import', '--label', 'from=backup', 'fromfile', 'data.tar']).toString(), 'fromfile\n');
    done(['import', 'frompipe'], done(['export', 'data']));
    assert.deepEqual([await lookAt('fromfile'), await lookAt('frompipe')], [original, original]);
    const { json } = await box.ok('GET', '/volumes/fromfile');
    assert.deepEqual((json as { Labels: object }).Labels, { from: 'backup' });
  });

  test('an import takes compressed archives, and a name that is taken is refused before a byte is written', () => {
    const { stdout: compressed } = spawnSync('gzip', ['-c'], { input: done(['export', 'data']) });
    done(['import', 'zipped', '-'], compressed);
    const refused = gantry(['import', 'data'], compressed);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /create data: a volume named "data" already exists/);
  });

  test('a broken or hostile archive leaves no volume', async () => {
    writeFileSync(join(folder, 'broken.tar'), done(['export', 'data']).subarray(0, 2000));
    assert.equal(gantry(['import', 'broken', 'broken.tar']).status, 1);
    mkdtempSync(join(folder, 'x-'));
    writeFileSync(join(folder, 'evil'), 'x');
    const { stdout } = spawnSync('tar', ['-cP', '--transform', 's,^,../../../,', 'evil'], { cwd: folder });
    assert.match(gantry(['import', 'hostile'], stdout).stderr, /leads out of its directory/);
    for (const name of ['broken', 'hostile']) {
      assert.equal((await box.daemon.request('GET', `/volumes/${name}`)).status, 404);
      assert.ok(!existsSync(join(box.daemon.root, 'volumes', name)));
    }
  });

  test('a clone is the same, and goes its own way', async () => {
    done(['clone', 'data', 'copy']);
    assert.equal(await lookAt('copy'), await lookAt('data'));
    await box.sh('echo changed > /v/d/one', { HostConfig: { Binds: ['copy:/v'] } });
    assert.match(await lookAt('data'), /\none\n$/);
    assert.match(gantry(['clone', 'data', 'copy']).stderr, /create copy: a volume named "copy" already exists/);
    assert.match(gantry(['clone', 'nothing', 'more']).stderr, /get nothing: no such volume/);
  });

  test('a rename keeps everything, and is refused while a container has the volume or the name is taken', async () => {
    done(['clone', 'data', 'before']);
    const id = await box.create({ HostConfig: { Binds: ['before:/v'] } });
    assert.match(gantry(['rename', 'before', 'after']).stderr, new RegExp(`rename before: volume is in use - \\[${id}\\]`));
    await box.ok('DELETE', `/containers/${id}`);
    assert.match(gantry(['rename', 'before', 'data']).stderr, /rename before: a volume named "data" already exists/);
    assert.match(gantry(['rename', 'before', '../x']).stderr, /includes invalid characters/);
    done(['rename', 'before', 'after']);
    assert.equal(await lookAt('after'), await lookAt('data'));
    assert.equal((await box.daemon.request('GET', '/volumes/before')).status, 404);
    await box.daemon.crashAndRestart();
    assert.equal(await lookAt('after'), await lookAt('data'));
  });

  test('df knows what volumes weigh and who has them', async () => {
    const { id } = await box.sh('dd if=/dev/zero of=/v/x bs=1000 count=5 2>/dev/null', { HostConfig: { Binds: ['weighed:/v'] } });
    const { json } = await box.ok('GET', '/system/df?type=volume');
    const found = (json as { Volumes: { Name: string; UsageData: object }[] }).Volumes.find(({ Name }) => Name === 'weighed');
    assert.deepEqual(found?.UsageData, { RefCount: 1, Size: 5000 });
    await box.ok('DELETE', `/containers/${id}`);
  });

  test('anonymous volumes go with their container, or with a prune that does not take named ones', async () => {
    const names = async (): Promise<string[]> => ((await box.ok('GET', '/volumes?filters=%7B%22label%22%3A%5B%22com.docker.volume.anonymous%22%5D%7D')).json as { Volumes: { Name: string }[] }).Volumes.map(({ Name }) => Name);
    const body = { Volumes: { '/anon': {} }, HostConfig: { Binds: ['named:/n'] } };
    const first = await box.create(body);
    assert.equal((await names()).length, 1);
    await box.ok('DELETE', `/containers/${first}?v=1`);
    assert.deepEqual(await names(), []);
    const second = await box.create(body);
    await box.ok('DELETE', `/containers/${second}`);
    const [left] = await names();
    const { json } = await box.ok('POST', '/v1.42/volumes/prune');
    assert.deepEqual((json as { VolumesDeleted: string[] }).VolumesDeleted, [left]);
    assert.equal((await box.daemon.request('GET', '/volumes/named')).status, 200);
    const old = (await box.ok('POST', '/v1.41/volumes/prune?filters=%7B%22label!%22%3A%5B%22from%22%5D%7D')).json as { VolumesDeleted: string[] };
    assert.ok(old.VolumesDeleted.includes('named') && !old.VolumesDeleted.includes('fromfile'));
  });

  test('a daemon that is killed while it imports leaves nothing of it', async () => {
    const call = box.daemon.request('PUT', '/gantry/volumes/cut/archive', Buffer.concat([done(['export', 'fromfile']).subarray(0, 1024), Buffer.alloc(1 << 20, 1)])).catch(() => undefined);
    await box.daemon.crash();
    await call;
    await box.daemon.start();
    assert.ok(!readdirSync(join(box.daemon.root, 'volumes')).includes('cut'));
    assert.ok(mountTable().split('\n').every((line) => !line.includes(join(box.daemon.root, 'volumes'))));
  });
});
