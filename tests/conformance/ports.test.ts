import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { askPage } from '../support/ask-page.ts';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

const hasIpv6 = Object.values(networkInterfaces()).flat().some((each) => each?.address === '::1');

type Bindings = Record<string, { HostIp?: string; HostPort?: string }[] | null>;

describe('published ports', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  const asking = (bindings: Bindings): Record<string, unknown> => ({
    ExposedPorts: Object.fromEntries(Object.keys(bindings).map((port) => [port, {}])), HostConfig: { PortBindings: bindings },
  });
  const portsOf = async (id: string): Promise<Record<string, { HostIp: string; HostPort: string }[] | null>> => (await engine.inspect(id)).NetworkSettings.Ports;
  const run = async (bindings: Bindings): Promise<{ id: string; given: (port: string) => string[] }> => {
    const id = await engine.run(asking(bindings));
    const ports = await portsOf(id);
    return { id, given: (port) => [...new Set((ports[port] ?? []).map(({ HostPort }) => HostPort))] };
  };
  /** Published by a container that stays: nobody else takes it meanwhile. */
  const taken = async (): Promise<string> => (await run({ '80/tcp': [{ HostPort: '' }] })).given('80/tcp')[0]!;

  for (const asked of ['', '0']) {
    test(`a port of the host's choice, asked for as '${asked}', is one on every address`, async () => {
      const { given } = await run({ '80/tcp': [{ HostPort: asked }] });
      assert.equal(given('80/tcp').length, 1);
      assert.ok(Number(given('80/tcp')[0]) > 1024);
    });
  }

  test('of a range the first that is free', async () => {
    const first = Number(await taken());
    const { given } = await run({ '80/tcp': [{ HostPort: `${first}-${first + 50}` }] });
    assert.ok(Number(given('80/tcp')[0]) > first && Number(given('80/tcp')[0]) <= first + 50);
  });

  test('one container port at several host ports and addresses', async () => {
    // Docker 28.5 chooses the same port for two that are left to it at one address, and fails.
    const second = engine.ours ? [{ HostIp: '127.0.0.1', HostPort: '' }] : [];
    const { id } = await run({ '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }, ...second, { HostIp: '127.0.0.2', HostPort: '' }] });
    const bound = (await portsOf(id))['80/tcp']!;
    assert.deepEqual(bound.map(({ HostIp }) => HostIp).toSorted(), ['127.0.0.1', ...second.map(({ HostIp }) => HostIp), '127.0.0.2']);
    const ports = bound.filter(({ HostIp }) => HostIp === '127.0.0.1').map(({ HostPort }) => HostPort);
    assert.equal(new Set(ports).size, ports.length);
  });

  test('the same number for TCP and for UDP', async () => {
    const port = await taken();
    const { given } = await run({ '80/udp': [{ HostPort: port }] });
    assert.deepEqual(given('80/udp'), [port]);
  });

  test('at [::1], of a container without IPv6', { skip: hasIpv6 ? false : 'this host has no IPv6' }, async () => {
    const { id } = await run({ '80/tcp': [{ HostIp: '::1', HostPort: '' }] });
    assert.deepEqual((await portsOf(id))['80/tcp']!.map(({ HostIp }) => HostIp), ['::1']);
  });

  test('what another container has is refused, and free when that is gone', async () => {
    const { id, given } = await run({ '80/tcp': [{ HostPort: '' }] });
    const port = given('80/tcp')[0]!;
    const second = await engine.create(asking({ '80/tcp': [{ HostPort: port }] }));
    await engine.expect('POST', `/containers/${second}/start`, { status: 500, message: new RegExp(`driver failed programming external connectivity on endpoint .*Bind for (0\\.0\\.0\\.0|::):${port} failed: port is already allocated`) });
    await engine.expect('DELETE', `/containers/${id}`, { query: { force: 1 }, status: 204 });
    await engine.expect('POST', `/containers/${second}/start`, { status: 204 });
  });

  test('what a program of the host listens at is refused', async (t) => {
    if (!engine.ours) return t.skip('a peer is a host of its own');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    try {
      for (const HostIp of ['127.0.0.1', '']) {
        const id = await engine.create(asking({ '80/tcp': [{ HostIp, HostPort: String(port) }] }));
        await engine.expect('POST', `/containers/${id}/start`, { status: 500, message: new RegExp(`failed to bind host port for ${HostIp || '0.0.0.0'}:${port}:[\\d.]+:80/tcp: address already in use$`) });
      }
    } finally {
      server.close();
    }
  });

  test('a program in the container answers at localhost, over both families', async (t) => {
    if (!engine.ours) return t.skip('a peer is a host of its own');
    const id = await engine.run({ ...asking({ '80/tcp': [{ HostPort: '' }] }), Cmd: ['sh', '-c', 'echo page > /tmp/index.html; echo ready; exec httpd -f -p 80 -h /tmp'] });
    await engine.logged(id, 'ready');
    const port = Number((await portsOf(id))['80/tcp']![0]!.HostPort);
    for (const host of ['127.0.0.1', ...(hasIpv6 ? ['::1'] : [])]) assert.match(await eventually(() => askPage(host, port)), /page/, host);
  });

  test('all that is exposed, each at a port of its own', async () => {
    const id = await engine.run({ ExposedPorts: { '80/tcp': {}, '81/tcp': {}, '81/udp': {} }, HostConfig: { PublishAllPorts: true } });
    const ports = await portsOf(id);
    assert.deepEqual(Object.keys(ports).toSorted(), ['80/tcp', '81/tcp', '81/udp']);
    assert.notEqual(ports['80/tcp']![0]!.HostPort, ports['81/tcp']![0]!.HostPort);
  });

  test('what was given by name is the same after a restart', async () => {
    const port = await taken();
    const { id } = await run({ '80/udp': [{ HostIp: '127.0.0.1', HostPort: port }] });
    const before = await portsOf(id);
    await engine.expect('POST', `/containers/${id}/restart`, { query: { t: 0 }, status: 204 });
    assert.deepEqual(await portsOf(id), before);
  });

  const refused: [what: string, bindings: Bindings][] = [
    ['a port beyond 65535', { '80/tcp': [{ HostPort: '70000' }] }],
    ['a range that runs backwards', { '80/tcp': [{ HostPort: '90-80' }] }],
  ];
  for (const [what, bindings] of refused) {
    test(`${what} is refused`, () => engine.answers('POST', '/containers/create', { body: { Image: engine.image, HostConfig: { PortBindings: bindings } }, status: [400, 500] }));
  }
});

/** The server listens a moment after it said so. */
async function eventually(act: () => Promise<string>): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (tries === 1200) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }
}
