import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Engine } from '../../conformance/engine.ts';
import { askPage } from '../../support/ask-page.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { addHostAddress, enterOwnNetwork, ip } from './own-network.ts';

const image = 'gantry/busybox:latest';

/** In a network namespace of its own, which is the host here. */
describe('addresses of the host that come later', () => {
  let daemon: TestDaemon;
  let engine: Engine;
  let port: number;

  before(async () => {
    enterOwnNetwork();
    daemon = await startDaemon();
    engine = new Engine({ socketPath: daemon.socketPath, image, ours: true });
    await engine.expect('POST', '/images/create', { query: { fromImage: 'gantry/busybox', tag: 'latest' }, status: 200 });
    const id = await engine.run({ Cmd: ['sh', '-c', 'echo page > /tmp/index.html; httpd -p 80 -h /tmp; echo ready; exec sleep 1000'], HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '' }] } } });
    await engine.logged(id, 'ready');
    port = Number((await engine.inspect(id)).NetworkSettings.Ports['80/tcp'][0].HostPort);
  });
  after(async () => {
    await engine?.clean();
    await daemon?.stop();
  });

  const ask = async (host: string): Promise<string> => (await askPage(host, port)).split('\r\n\r\n')[1] ?? '';

  for (const [address, prefix] of [['192.0.2.7', '24'], ['2001:db8::7', '64']] as const) {
    test(`lead to what is published everywhere: ${address}`, async () => {
      await addHostAddress(address, prefix);
      assert.equal(await ask(address), 'page\n');
    });
  }

  test('lead to it after a restart of the daemon too, and not when they are taken away', async () => {
    await daemon.crashAndRestart();
    for (const address of ['192.0.2.7', '2001:db8::7', '127.0.0.1']) assert.equal(await ask(address), 'page\n', address);
    ip('address', 'del', '192.0.2.7/24', 'dev', 'lo');
    await assert.rejects(ask('192.0.2.7'));
  });
});
