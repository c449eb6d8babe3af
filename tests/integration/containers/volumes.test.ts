import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Box } from './box.ts';

describe('what is mounted into containers', () => {
  let box: Box;
  let folder: string;
  before(async () => {
    box = await Box.open();
    folder = mkdtempSync(join(tmpdir(), 'gantry-volumes-'));
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test('a bind is the host\'s directory; read-only is read-only; a missing source is made for -v', async () => {
    const { stdout } = await box.sh('echo text > /w/file; touch /r/file || echo refused', { HostConfig: { Binds: [`${folder}/new/dir:/w`, `${folder}:/r:ro`] } });
    assert.equal(readFileSync(join(folder, 'new/dir/file'), 'utf8'), 'text\n');
    assert.equal(stdout, 'refused\n');
  });

  test('a bind of one file is that file, read-only too', async () => {
    writeFileSync(join(folder, 'one'), 'text\n');
    const { stdout } = await box.sh('cat /etc/one /etc/passwd; echo more >> /etc/one || echo refused', {
      HostConfig: { Binds: [`${folder}/one:/etc/one:ro`], Mounts: [{ Type: 'bind', Source: `${folder}/one`, Target: '/etc/passwd', ReadOnly: true }] },
    });
    assert.equal(stdout, 'text\ntext\nrefused\n');
  });

  test('--mount refuses a missing source, and nothing is left of the container', async () => {
    const answer = await box.daemon.request('POST', '/containers/create?name=never', {
      Image: 'gantry/busybox', Cmd: ['true'], HostConfig: { Mounts: [{ Type: 'bind', Source: `${folder}/missing`, Target: '/x' }] },
    });
    assert.equal(answer.status, 400);
    assert.match(answer.text, /invalid mount config for type \\"bind\\": bind source path does not exist: /);
    assert.ok(!existsSync(`${folder}/missing`));
    assert.equal((await box.daemon.request('GET', '/containers/never/json')).status, 404);
  });

  test('an empty named volume gets what the image has in its place, with owners and modes, once', async () => {
    const first = await box.sh('ls /etc/passwd && echo changed > /etc/passwd', { HostConfig: { Binds: ['copied:/etc'] } });
    assert.equal(first.exitCode, 0);
    assert.equal((await box.sh('cat /v/passwd', { HostConfig: { Binds: ['copied:/v'] } })).stdout, 'changed\n');
    assert.equal((await box.sh('stat -c "%a %u" /tmp', { HostConfig: { Binds: ['sticky:/tmp'] } })).stdout, '1777 0\n');
    assert.equal((await box.sh('ls /etc', { HostConfig: { Binds: ['plain:/etc:nocopy'] } })).stdout.includes('group'), false);
  });

  test('a volume in use cannot be removed, and its container\'s other volumes can be shared', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { Binds: ['used:/data'] } });
    const refused = await box.daemon.request('DELETE', '/volumes/used');
    assert.equal(refused.status, 409);
    assert.match(refused.text, new RegExp(`remove used: volume is in use - \\[${id}\\]`));
    await box.exec(id, ['sh', '-c', 'echo shared > /data/file']);
    assert.equal((await box.sh('cat /data/file; touch /data/x || echo ro', { HostConfig: { VolumesFrom: [`${id}:ro`] } })).stdout, 'shared\nro\n');
  });

  test('mounts are made parents first, whatever the order', async () => {
    writeFileSync(join(folder, 'leaf'), 'leaf');
    const { stdout } = await box.sh('cat /a/b/leaf; stat -f -c %T /a', { HostConfig: { Binds: [`${folder}/leaf:/a/b/leaf`], Tmpfs: { '/a': '' } } });
    assert.match(stdout, /^leaftmpfs/);
  });

  test('links in an image lead nowhere outside of it', async () => {
    const canary = join(folder, 'canary');
    symlinkSync(folder, join(folder, 'loop'));
    const prepared = await box.sh(`rm -rf /mnt; ln -s ${folder} /mnt; ln -s / /home/up 2>/dev/null; mkdir -p /v; ln -s ${folder} /v/out`);
    await box.ok('POST', `/containers/${prepared.id}/start`);
    assert.ok(!existsSync(canary));
    assert.equal(statSync(folder).isDirectory(), true);
  });
});
