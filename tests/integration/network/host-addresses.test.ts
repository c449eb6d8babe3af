import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { checked, libc } from '../../../src/host/ffi.ts';
import { Engine } from '../../conformance/engine.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';

const CLONE_NEWNET = 0x40000000;
const image = 'gantry/busybox:latest';

/** In a network namespace of its own, which is the host here. */
describe('addresses of the host that come later', () => {
  let daemon: TestDaemon;
  let engine: Engine;
  let port: number;
  const ip = (...args: string[]): void => assert.equal(spawnSync('ip', args, { stdio: 'inherit' }).status, 0, args.join(' '));

  before(async () => {
    checked(libc.func('int unshare(int flags)')(CLONE_NEWNET), 'unshare');
    ip('link', 'set', 'lo', 'up');
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

  const ask = async (host: string): Promise<string> => {
    const socket = connect(port, host);
    try {
      await once(socket, 'connect');
      socket.write('GET /index.html HTTP/1.0\r\n\r\n');
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);
      return answer.split('\r\n\r\n')[1] ?? '';
    } finally {
      socket.destroy();
    }
  };

  for (const [address, prefix] of [['192.0.2.7', '24'], ['2001:db8::7', '64']] as const) {
    test(`lead to what is published everywhere: ${address}`, async () => {
      ip('address', 'add', `${address}/${prefix}`, 'dev', 'lo', ...(address.includes(':') ? ['nodad'] : []));
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
