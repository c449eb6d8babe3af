import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { startDaemon } from '../../support/daemon.ts';

it('a container whose image was removed by force starts after a restart of the daemon, and takes the layers with it', async () => {
  await using daemon = await startDaemon();
  const ask = async (method: string, path: string, status: number, body?: unknown) => {
    const answer = await daemon.request(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    return answer.json as { Id: string };
  };
  const layers = (): string[] => readdirSync(join(daemon.root, 'snapshots'), { recursive: true, encoding: 'utf8' }).filter((path) => /^\w+\/[0-9a-f]{32}$/.test(path));
  await daemon.request('POST', '/images/create?fromImage=gantry/busybox&tag=latest');
  const { Id: container } = await ask('POST', '/containers/create', 201, { Image: 'gantry/busybox', Cmd: ['true'] });
  const kept = layers();
  assert.equal(kept.length, 1);
  await ask('DELETE', '/images/gantry/busybox?force=1', 200);
  await ask('GET', '/images/gantry/busybox/json', 404);
  await daemon.restart();
  assert.deepEqual(layers(), kept);
  await ask('POST', `/containers/${container}/start`, 204);
  assert.deepEqual(await ask('POST', `/containers/${container}/wait`, 200), { StatusCode: 0 });
  await ask('POST', '/commit?container=' + container, 404);
  await ask('DELETE', `/containers/${container}`, 204);
  assert.deepEqual(layers(), []);
});
