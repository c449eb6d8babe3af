import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { withNetns } from '../../../src/host/namespaces.ts';
import { RouteSocket } from '../../../src/host/netlink/socket.ts';
import { readSysctl } from '../../../src/host/sysctl.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import type { BridgeNetwork, Endpoint, MacvlanNetwork, Sandbox } from '../../../src/network/network.ts';
import { neighbour, Stage } from './stage.ts';

const instance = `e${process.pid}`;
const bridge: BridgeNetwork = {
  id: 'n', bridge: bridgeName(instance, 'n'), ipv4: { subnet: '172.30.0.0/24', gateway: '172.30.0.1' }, internal: false, masquerade: true, icc: true, mtu: 1400,
};
/** A network on the LAN itself. */
const lan: MacvlanNetwork = {
  id: 'lan', parent: { link: 'lan0' }, mode: 'bridge', ipv4: { subnet: '198.51.100.0/24', gateway: neighbour.ipv4 }, internal: false, mtu: 1500,
};

describe('endpoints', () => {
  const stage = new Stage(instance, { brNetfilter: false });
  const linksOf = (sandbox: Sandbox): { name: string; mtu: number; addresses: string[]; macAddress: string }[] => withNetns(sandbox.path, () => {
    using inside = new RouteSocket();
    const addresses = inside.addresses();
    return inside.links().filter(({ name }) => name !== 'lo').map(({ name, mtu, index, macAddress }) => (
      { name, mtu, macAddress, addresses: addresses.filter(({ linkIndex }) => linkIndex === index).map(({ address }) => address) }));
  });
  const on = async (id: string, network: MacvlanNetwork, more: Partial<Endpoint>): Promise<{ sandbox: Sandbox; endpoint: Endpoint }> => {
    const sandbox = await stage.backend.createSandbox(id, { wired: false });
    const endpoint: Endpoint = { id: `endpoint-${id}`, network, interface: 'eth0', macAddress: `02:42:c6:33:64:${id.slice(-2)}`, defaultRoute: true, ports: [], ...more };
    await stage.backend.attach(sandbox, endpoint);
    return { sandbox, endpoint };
  };

  before(() => stage.backend.prepare({ networks: [bridge, lan], endpoints: [], sandboxes: [] }));
  after(async () => {
    await stage.backend.dismantle();
    await stage.strike();
  });

  for (const pool of ['with', 'without']) {
    it(`a link has the name, size, addresses and settings that were asked for, ${pool} the pool`, async () => {
      const octet = pool === 'with' ? 2 : 3;
      const asked: Partial<Endpoint> = {
        ipv4: `172.30.0.${octet}/24`, interface: 'web0', macAddress: `02:42:00:00:01:0${octet}`, linkLocal: ['169.254.5.5/16'], sysctls: { 'net/ipv4/conf/IFNAME/log_martians': '1' },
      };
      const sandbox = await stage.backend.createSandbox(`c${octet}`, { wired: pool === 'with' });
      await stage.backend.attach(sandbox, { id: `endpoint-c${octet}`, network: bridge, defaultRoute: true, ports: [], ...asked } as Endpoint);
      assert.deepEqual(linksOf(sandbox), [{ name: 'web0', mtu: 1400, macAddress: asked.macAddress, addresses: [asked.ipv4, '169.254.5.5/16'] }]);
      assert.equal(withNetns(sandbox.path, () => readSysctl('net/ipv4/conf/web0/log_martians')), '1');
    });
  }

  it('a second endpoint gets a link beside the first', async () => {
    const { sandbox } = await stage.container('two', bridge, { ipv4: '172.30.0.4/24' });
    assert.equal(stage.backend.freeInterface(sandbox), 'eth1');
    assert.equal(stage.backend.freeInterface(sandbox, 'net'), 'net0');
    await stage.backend.attach(sandbox, { id: 'endpoint-two-b', network: bridge, interface: 'eth1', macAddress: '02:42:00:00:01:05', ipv4: '172.30.0.5/24', defaultRoute: false, ports: [] });
    assert.deepEqual(linksOf(sandbox).map(({ name }) => name), ['eth0', 'eth1']);
  });

  it('the bridge can ask for IPv6 neighbours from the first packet on: none of its addresses waits for a duplicate', async () => {
    const six: BridgeNetwork = { ...bridge, id: 'six', bridge: bridgeName(instance, 'six'), ipv4: undefined, ipv6: { subnet: 'fd00:6::/64', gateway: 'fd00:6::1' } };
    await stage.backend.createNetwork(six);
    await stage.container('first6', six, { ipv6: 'fd00:6::2/64', macAddress: '02:42:00:00:06:02' });
    const of = (...more: string[]): string[] => spawnSync('ip', ['-6', '-o', 'address', 'show', 'dev', six.bridge, ...more], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
    assert.equal(of().length, 2);
    assert.deepEqual(of('tentative'), []);
  });

  it('attach() refuses a setting that does not exist, and leaves nothing', async () => {
    const before = stage.links();
    const sandbox = await stage.backend.createSandbox('bad', { wired: true });
    const endpoint: Endpoint = { id: 'endpoint-bad', network: bridge, interface: 'eth0', macAddress: '02:42:00:00:01:06', ipv4: '172.30.0.6/24', defaultRoute: true, ports: [], sysctls: { 'net/ipv4/conf/IFNAME/nope': '1' } };
    await assert.rejects(stage.backend.attach(sandbox, endpoint), { kind: 'invalid', message: /net\/ipv4\/conf\/eth0\/nope does not exist/ });
    await stage.backend.removeSandbox('bad');
    await stage.backend.settle();
    assert.deepEqual(stage.links().filter((link) => link.startsWith('gv')), before.filter((link) => link.startsWith('gv')));
  });

  it('macvlan: containers are on the LAN, with each other and with their neighbours, not with the host', async () => {
    const one = await on('m-11', lan, { ipv4: '198.51.100.11/24' });
    const two = await on('m-12', lan, { ipv4: '198.51.100.12/24' });
    await Promise.all([stage.serve(two.sandbox.path, 80, 'two'), stage.serve(stage.lan, 80, 'neighbour'), stage.serve(undefined, 7000, 'host')]);
    assert.equal(stage.ask(one.sandbox.path, '198.51.100.12', 80), 'two saw 198.51.100.11');
    assert.equal(stage.ask(one.sandbox.path, neighbour.ipv4, 80), 'neighbour saw 198.51.100.11');
    assert.match(stage.askInVain(one.sandbox.path, '198.51.100.1', 7000), /^(silence|EHOSTUNREACH)$/);
    await stage.backend.detach(one.sandbox, one.endpoint);
    assert.deepEqual(linksOf(one.sandbox), []);
  });

  it('macvlan: a parent that is not there is named', async () => {
    await assert.rejects(stage.backend.createNetwork({ ...lan, id: 'x', parent: { link: 'nope0' } }), { kind: 'invalid', message: 'invalid subinterface vlan name nope0, example formatting is eth0.10' });
  });

  it('a network keeps the parent that is the host\'s when it goes', async () => {
    await stage.backend.removeNetwork(lan);
    assert.ok(stage.links().includes('lan0'));
  });
});
