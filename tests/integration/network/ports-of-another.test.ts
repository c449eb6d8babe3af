import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Engine } from '../../conformance/engine.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { enterOwnNetwork } from './own-network.ts';

const image = 'gantry/busybox:latest';

/** A host port of a container whose daemon is away: the kernel leads it there still, and no process holds it. */
describe('a port that another engine leads to its container', () => {
  let first: TestDaemon;
  let second: TestDaemon;
  let engine: Engine;
  let port: string;
  let container: string;

  before(async () => {
    enterOwnNetwork();
    [first, second] = [await startDaemon(), await startDaemon()];
    const other = new Engine({ socketPath: first.socketPath, image, ours: true });
    engine = new Engine({ socketPath: second.socketPath, image, ours: true });
    for (const each of [other, engine]) await each.expect('POST', '/images/create', { query: { fromImage: 'gantry/busybox', tag: 'latest' }, status: 200 });
    container = await other.run({ HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } } });
    port = (await other.inspect(container)).NetworkSettings.Ports['80/tcp'][0].HostPort;
    await first.crash();
  });
  afterEach(() => engine.clean());
  after(async () => {
    await first?.stop();
    await second?.stop();
  });

  const publishing = (HostIp: string, HostPort: string) => ({ HostConfig: { PortBindings: { '80/tcp': [{ HostIp, HostPort }] } } });

  for (const [hostIp, shown] of [['', '0.0.0.0'], ['127.0.0.1', '127.0.0.1']] as const) {
    test(`is refused at ${shown} while that one's daemon is away`, async () => {
      const id = await engine.create(publishing(hostIp, port));
      await engine.expect('POST', `/containers/${id}/start`, { status: 500, message: new RegExp(`Bind for ${shown}:${port} failed: port is already allocated$`) });
    });
  }

  test('is not chosen of a range, nor refused at another address', async () => {
    const id = await engine.run(publishing('127.0.0.1', `${port}-${Number(port) + 50}`));
    assert.notEqual((await engine.inspect(id)).NetworkSettings.Ports['80/tcp'][0].HostPort, port);
    await engine.run(publishing('127.0.0.2', port));
  });

  test('is free when the other engine has removed its container', async () => {
    await first.start();
    assert.equal((await first.request('DELETE', `/containers/${container}?force=1`)).status, 204);
    await engine.run(publishing('127.0.0.1', port));
  });
});
