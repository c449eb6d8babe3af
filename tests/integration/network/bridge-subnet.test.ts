import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Engine } from '../../conformance/engine.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { enterOwnNetwork, ip } from './own-network.ts';

const image = 'gantry/busybox:latest';

/** In a network namespace of its own, where nobody else takes subnets. */
describe('the subnet of the default bridge', () => {
  let daemon: TestDaemon;
  let engine: Engine;
  const subnet = async (): Promise<string> => (await engine.expect('GET', '/networks/bridge', { status: 200 })).json.IPAM.Config[0].Subnet;
  const address = async (id: string): Promise<string> => (await engine.inspect(id)).NetworkSettings.Networks.bridge.IPAddress;

  before(async () => {
    enterOwnNetwork();
    daemon = await startDaemon();
    engine = new Engine({ socketPath: daemon.socketPath, image, ours: true });
    await engine.expect('POST', '/images/create', { query: { fromImage: 'gantry/busybox', tag: 'latest' }, status: 200 });
  });
  after(async () => {
    await engine?.clean();
    await daemon?.stop();
  });

  test('stays over a restart of the daemon, and its own bridge is nobody else\'s', async () => {
    assert.equal(await subnet(), '172.17.0.0/16');
    for (const again of [() => daemon.restart(), () => daemon.crashAndRestart()]) {
      await again();
      assert.equal(await subnet(), '172.17.0.0/16');
    }
  });

  test('stays while containers are on it, whoever takes it; then it is another, which containers move to', async () => {
    const [runs, rests] = [await engine.run(), await engine.run()];
    await engine.expect('POST', `/containers/${rests}/stop`, { query: { t: 0 }, status: 204 });
    const before = await address(runs);
    await daemon.shutDown();
    ip('link', 'add', 'vpn0', 'type', 'veth', 'peer', 'name', 'vpn1');
    ip('addr', 'add', '172.17.3.1/24', 'dev', 'vpn0');
    ip('link', 'set', 'vpn0', 'up');
    await daemon.start();
    assert.deepEqual([await subnet(), await address(runs)], ['172.17.0.0/16', before]);
    await engine.expect('POST', `/containers/${runs}/stop`, { query: { t: 0 }, status: 204 });
    await daemon.restart();
    assert.equal(await subnet(), '172.18.0.0/16');
    for (const id of [runs, rests]) {
      await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
      assert.match(await address(id), /^172\.18\.0\.\d+$/);
    }
  });
});
