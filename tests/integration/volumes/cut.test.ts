import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { tarHeader } from '../../../src/base/tar/encoder.ts';
import { mountTable } from '../../../src/host/mount-info.ts';
import { Box } from '../containers/box.ts';

/** The daemon is killed in the middle: what was asked for is then done or not begun, never half. */
describe('volumes and files when the daemon is killed', () => {
  let box: Box;
  before(async () => { box = await Box.open(); });
  after(() => box[Symbol.asyncDispose]());

  const names = Array.from({ length: 300 }, (_, index) => `file-${index}`);
  const filled = async (name: string): Promise<string> => {
    const { json } = await box.ok('POST', '/volumes/create', { Name: name });
    const path = (json as { Mountpoint: string }).Mountpoint;
    mkdirSync(join(path, 'deep'));
    for (const file of names) writeFileSync(join(path, 'deep', file), file);
    return path;
  };
  const isWhole = (path: string): boolean => readdirSync(join(path, 'deep')).length === names.length && names.every((file) => readFileSync(join(path, 'deep', file), 'utf8') === file);
  const isThere = async (name: string): Promise<boolean> => (await box.daemon.request('GET', `/volumes/${name}`)).status === 200;
  /** Sends a request and kills the daemon after as many turns of the event loop. */
  const cut = async (method: string, path: string, turns: number, body?: unknown): Promise<void> => {
    const asked = box.daemon.request(method, path, body).catch(() => undefined);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    await box.daemon.crash();
    await asked;
    await box.daemon.start();
  };
  const mounts = (): string[] => mountTable().split('\n').map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${box.daemon.runFolder}/mounts/`) || path.startsWith(`${box.daemon.root}/volumes/`));

  for (const turns of [1, 16, 256]) {
    test(`a removal, a rename and a clone, cut off after ${turns} turns, are done or not begun`, async () => {
      const removed = await filled(`gone-${turns}`);
      await cut('DELETE', `/volumes/gone-${turns}`, turns);
      if (await isThere(`gone-${turns}`)) assert.ok(isWhole(removed));
      else assert.ok(!existsSync(dirname(removed)));

      const old = await filled(`old-${turns}`);
      const renamed = old.replace('/old-', '/new-');
      await cut('POST', `/gantry/volumes/old-${turns}/rename?name=new-${turns}`, turns);
      const [hasOld, hasNew] = [await isThere(`old-${turns}`), await isThere(`new-${turns}`)];
      assert.notEqual(hasOld, hasNew);
      assert.ok(isWhole(hasOld ? old : renamed));
      assert.ok(!existsSync(dirname(hasOld ? renamed : old)));

      const source = await filled(`source-${turns}`);
      const copy = source.replace('/source-', '/copy-');
      await cut('POST', `/gantry/volumes/source-${turns}/clone`, turns, { Name: `copy-${turns}` });
      assert.ok(isWhole(source));
      if (await isThere(`copy-${turns}`)) assert.ok(isWhole(copy));
      else assert.ok(!existsSync(dirname(copy)));
    });
  }

  test('a copy into a stopped container that is cut off leaves a container that can be looked into, started and removed', async () => {
    const id = await box.create({ Cmd: ['sh', '-c', 'test -e /v && echo ran'], HostConfig: { Binds: ['cut:/v'] } });
    const call = request({ socketPath: box.daemon.socketPath, method: 'PUT', path: `/containers/${id}/archive?path=/v`, agent: false });
    call.on('error', () => undefined);
    call.write(tarHeader({ name: 'half', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, size: 1 << 20 }));
    await box.until(async () => (await box.ok('GET', '/_ping'), mounts()), (each) => each.length > 0);
    await box.daemon.crash();
    call.destroy();
    await box.daemon.start();
    assert.deepEqual(mounts(), []);
    await box.ok('HEAD', `/containers/${id}/archive?path=/v`);
    await box.ok('POST', `/containers/${id}/start`);
    assert.equal(await box.wait(id), 0);
    await box.ok('DELETE', `/containers/${id}`);
    await box.ok('DELETE', '/volumes/cut');
    assert.deepEqual(mounts(), []);
  });
});
