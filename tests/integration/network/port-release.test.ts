import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { reserveHostPort } from '../../../src/network/ports/reserve.ts';
import { Engine } from '../../conformance/engine.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { enterOwnNetwork } from './own-network.ts';

const image = 'gantry/busybox:latest';

describe('a published port is free again', () => {
  let daemon: TestDaemon;
  let engine: Engine;

  before(async () => {
    enterOwnNetwork();
    daemon = await startDaemon();
    engine = new Engine({ socketPath: daemon.socketPath, image, ours: true });
    await engine.expect('POST', '/images/create', { query: { fromImage: 'gantry/busybox', tag: 'latest' }, status: 200 });
  });
  afterEach(() => engine.clean());
  after(() => daemon.stop());

  const publishing = (port: string) => ({ HostConfig: { PortBindings: { '80/tcp': [{ HostPort: port }], '80/udp': [{ HostPort: port }] } } });
  const published = async (id: string): Promise<string> => (await engine.inspect(id)).NetworkSettings.Ports['80/tcp'][0].HostPort;
  /** Nobody of the host holds it, over either family. */
  const assertFree = (port: string): void => {
    for (const protocol of ['tcp', 'udp'] as const) {
      for (const hostIp of ['0.0.0.0', '::']) {
        const held = reserveHostPort({ protocol, hostIp, hostPort: Number(port) });
        assert.ok('release' in held, `${protocol} ${hostIp} ${port}: ${JSON.stringify(held)}`);
        held.release();
      }
    }
  };
  const run = async (): Promise<{ id: string; port: string }> => {
    const first = await engine.run({ HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '' }] } } });
    const port = await published(first);
    await engine.expect('DELETE', `/containers/${first}`, { query: { force: 1 }, status: 204 });
    return { id: await engine.run(publishing(port)), port };
  };
  const ended = async (id: string): Promise<void> => void (await engine.expect('POST', `/containers/${id}/wait`, { status: 200 }));

  test('once its container has been removed', async () => {
    const { id, port } = await run();
    await engine.expect('DELETE', `/containers/${id}`, { query: { force: 1 }, status: 204 });
    assertFree(port);
  });

  test('for the next container, once wait has told that the first one\'s process was killed', async () => {
    const { id, port } = await run();
    process.kill((await engine.inspect(id)).State.Pid, 'SIGKILL');
    await ended(id);
    await engine.run(publishing(port));
  });

  test('after a restart of its own, which gives it the same one', async () => {
    const { id, port } = await run();
    for (let times = 0; times < 3; times++) await engine.expect('POST', `/containers/${id}/restart`, { query: { t: 0 }, status: 204 });
    assert.equal(await published(id), port);
  });

  test('after the daemon was killed, with the container it belonged to', async () => {
    const { id, port } = await run();
    await daemon.crashAndRestart();
    const second = await engine.create(publishing(port));
    await engine.expect('POST', `/containers/${second}/start`, { status: 500, message: /port is already allocated$/ });
    await engine.expect('DELETE', `/containers/${id}`, { query: { force: 1 }, status: 204 });
    await engine.expect('POST', `/containers/${second}/start`, { status: 204 });
  });

  test('when the container ended while no daemon was there', async () => {
    const { id, port } = await run();
    const { Pid } = (await engine.inspect(id)).State;
    await daemon.crash();
    process.kill(Pid, 'SIGKILL');
    await daemon.start();
    await ended(id);
    await engine.run(publishing(port));
  });

  test('after the monitor and the daemon were killed, when the container has been removed', async () => {
    const { id, port } = await run();
    process.kill(pidOf(/\bmonitor\.(ts|js) /, daemon.runFolder), 'SIGKILL');
    await daemon.crashAndRestart();
    await engine.expect('DELETE', `/containers/${id}`, { query: { force: 1 }, status: 204 });
    assertFree(port);
  });
});

function pidOf(program: RegExp, folder: string): number {
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).find((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return program.test(command) && command.includes(folder);
    } catch {
      return false; // it ended meanwhile
    }
  });
  assert.ok(found !== undefined);
  return Number(found);
}
