import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Engine } from '../../conformance/engine.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { enterOwnNetwork } from './own-network.ts';

const image = 'gantry/busybox:latest';
const sleeping = { Cmd: ['sleep', '100000'] };
const networks = [{ name: 'front', subnet: '10.214.1.0/24', gateway: '10.214.1.1' }, { name: 'back', subnet: '10.214.2.0/24', gateway: '10.214.2.1' }, { name: 'side', subnet: '10.214.3.0/24', gateway: '10.214.3.1' }] as const;

describe('a container on several networks', () => {
  let daemon: TestDaemon;
  let engine: Engine;

  before(async () => {
    enterOwnNetwork();
    daemon = await startDaemon();
    engine = new Engine({ socketPath: daemon.socketPath, image, ours: true, version: '1.48' });
    await engine.expect('POST', '/images/create', { query: { fromImage: 'gantry/busybox', tag: 'latest' }, status: 200 });
    for (const { name, subnet, gateway } of networks) {
      await engine.expect('POST', '/networks/create', { body: { Name: name, IPAM: { Config: [{ Subnet: subnet, Gateway: gateway }] } }, status: 201 });
    }
  });
  afterEach(() => engine.clean());
  after(() => daemon.stop());

  const inside = async (id: string, ...Cmd: string[]): Promise<string> => {
    const { json } = await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd, AttachStdout: true, Tty: true }, status: 201 });
    return (await engine.expect('POST', `/exec/${json.Id}/start`, { body: { Tty: true }, status: 200 })).text;
  };
  const gateway = async (id: string): Promise<string | undefined> => /^default via (\S+)/m.exec(await inside(id, 'ip', 'route'))?.[1];
  const addresses = async (id: string): Promise<string[]> => [...(await inside(id, 'ip', 'addr')).matchAll(/link\/ether (\S+)[^]*?inet (\S+)/g)].map(([, mac, ip]) => `${mac} ${ip}`).toSorted();
  const connect = (network: string, Container: string, EndpointConfig: object): Promise<unknown> => engine.expect('POST', `/networks/${network}/connect`, { body: { Container, EndpointConfig }, status: 200 });
  const restarts: [name: string, act: (id: string) => Promise<unknown>][] = [
    ['a restart', (id) => engine.expect('POST', `/containers/${id}/restart`, { query: { t: 0 }, status: 204 })],
    ['a stop and a start', async (id) => {
      await engine.expect('POST', `/containers/${id}/stop`, { query: { t: 0 }, status: 204 });
      await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    }],
    ['the daemon\'s death', () => daemon.crashAndRestart()],
    ['the daemon\'s death while it is stopped', async (id) => {
      await engine.expect('POST', `/containers/${id}/stop`, { query: { t: 0 }, status: 204 });
      await daemon.crashAndRestart();
      await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    }],
  ];

  test('the highest priority leads to the world, whichever network came first', async () => {
    const id = await engine.run({ ...sleeping, NetworkingConfig: { EndpointsConfig: { front: { GwPriority: 1 }, back: { GwPriority: 5 }, side: { GwPriority: -3 } } } });
    assert.equal(await gateway(id), '10.214.2.1');
    await engine.expect('POST', '/networks/back/disconnect', { body: { Container: id }, status: 200 });
    assert.equal(await gateway(id), '10.214.1.1');
    await engine.expect('POST', '/networks/front/disconnect', { body: { Container: id }, status: 200 });
    assert.equal(await gateway(id), '10.214.3.1');
  });

  test('the family that the first way out lacks goes another way: at the start, and after a network is joined or left', async () => {
    const gateway6 = async (id: string): Promise<string | undefined> => /^default via (\S+)/m.exec(await inside(id, 'ip', '-6', 'route'))?.[1];
    const made: string[] = [];
    try {
      for (const name of ['six', 'sixth']) {
        const prefix = `fd00:214:${name.length}::`;
        await engine.expect('POST', '/networks/create', { body: { Name: name, EnableIPv4: false, EnableIPv6: true, IPAM: { Config: [{ Subnet: `${prefix}/64`, Gateway: `${prefix}1` }] } }, status: 201 });
        made.push(name);
      }
      const id = await engine.run({ ...sleeping, NetworkingConfig: { EndpointsConfig: { front: {}, six: {} } } });
      assert.deepEqual([await gateway(id), await gateway6(id)], ['10.214.1.1', 'fd00:214:3::1']);
      await connect('sixth', id, {});
      assert.equal(await gateway6(id), 'fd00:214:3::1');
      await engine.expect('POST', '/networks/six/disconnect', { body: { Container: id }, status: 200 });
      assert.deepEqual([await gateway(id), await gateway6(id)], ['10.214.1.1', 'fd00:214:5::1']);
      await engine.expect('POST', '/networks/front/disconnect', { body: { Container: id }, status: 200 });
      assert.deepEqual([await gateway(id), await gateway6(id)], [undefined, 'fd00:214:5::1']);
      await connect('back', id, {});
      assert.deepEqual([await gateway(id), await gateway6(id)], ['10.214.2.1', 'fd00:214:5::1']);
    } finally {
      await engine.clean();
      for (const name of made) await engine.call('DELETE', `/networks/${name}`);
    }
  });

  test('a network that is connected later leads when its priority is higher, and only then', async () => {
    const id = await engine.run({ ...sleeping, HostConfig: { NetworkMode: 'front' } });
    await connect('back', id, { GwPriority: -1 });
    assert.equal(await gateway(id), '10.214.1.1');
    await connect('side', id, { GwPriority: 1 });
    assert.equal(await gateway(id), '10.214.3.1');
    for (const [name, act] of restarts) {
      await act(id);
      assert.equal(await gateway(id), '10.214.3.1', name);
    }
  });

  test('addresses that were asked for stay, of both layers', async () => {
    const id = await engine.run({
      ...sleeping, NetworkingConfig: { EndpointsConfig: { front: { IPAMConfig: { IPv4Address: '10.214.1.77' }, MacAddress: '02:42:0a:00:00:77' }, back: { IPAMConfig: { IPv4Address: '10.214.2.78' } } } },
    });
    await connect('side', id, { IPAMConfig: { IPv4Address: '10.214.3.79' }, MacAddress: '02:42:0a:00:00:79' });
    const asked = (found: string[]): void => {
      assert.deepEqual(found.map((each) => each.split(' ')[1]).toSorted(), ['10.214.1.77/24', '10.214.2.78/24', '10.214.3.79/24']);
      assert.ok(found.includes('02:42:0a:00:00:77 10.214.1.77/24') && found.includes('02:42:0a:00:00:79 10.214.3.79/24'), found.join());
    };
    asked(await addresses(id));
    for (const [name, act] of restarts) {
      await act(id);
      await assert.doesNotReject(async () => asked(await addresses(id)), name);
    }
  });

  test('a network tells its containers, their addresses and the ports they publish on it', async () => {
    const id = await engine.run({ ...sleeping, HostConfig: { NetworkMode: 'front', PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } } });
    await connect('back', id, { GwPriority: -1 });
    const told = async (network: string): Promise<any> => (await engine.expect('GET', `/networks/${network}`, { status: 200 })).json.Containers[id];
    const { NetworkSettings: { Networks, Ports }, Name } = await engine.inspect(id);
    const { EndpointID, MacAddress, IPAddress } = Networks.front;
    assert.deepEqual(await told('front'), { Name: Name.slice(1), EndpointID, MacAddress, IPv4Address: `${IPAddress}/24`, IPv6Address: '', Ports });
    assert.ok(Number(Ports['80/tcp'][0].HostPort) > 0);
    assert.equal('Ports' in await told('back'), false);
  });
});
