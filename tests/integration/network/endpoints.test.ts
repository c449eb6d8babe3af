import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
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

  const six = (number: number): BridgeNetwork => ({
    ...bridge, id: `six${number}`, bridge: bridgeName(instance, `six${number}`), ipv4: undefined, ipv6: { subnet: `fd00:${number}::/64`, gateway: `fd00:${number}::1` },
  });
  /** Addresses of IPv6 and whether they may be a duplicate's still. */
  const addresses6 = (link: string): boolean[] => readFileSync('/proc/thread-self/net/if_inet6', 'utf8').split('\n').map((line) => line.split(/ +/))
    .filter((fields) => fields[5] === link).map((fields) => (parseInt(fields[4]!, 16) & 0x40) !== 0);

  it('the bridge can ask for IPv6 neighbours from the first packet on: none of its addresses waits for a duplicate', async () => {
    const network = six(60);
    await stage.backend.createNetwork(network);
    await stage.container('first6', network, { ipv6: 'fd00:60::2/64', macAddress: '02:42:00:00:06:02' });
    // The kernel's worker begins with it, and has ended here where it does not wait: whoever waits asks the neighbours for a duplicate first.
    while (addresses6(network.bridge).includes(true)) await setTimeout(5);
    assert.match(readFileSync(`/proc/thread-self/net/dev_snmp6/${network.bridge}`, 'utf8'), /^Icmp6OutNeighborSolicits\s+0$/m);
  });

  it('attach() has links that carry packets and addresses that are found, not some that the kernel\'s workers will make so', async () => {
    for (let number = 61; number < 71; number++) {
      const network = six(number);
      await stage.backend.createNetwork(network);
      const { sandbox } = await stage.container(`ready${number}`, network, { ipv6: `fd00:${number}::2/64`, macAddress: `02:42:00:00:06:${number}` });
      // Without a carrier there is no address but the one that was given.
      assert.equal(addresses6(network.bridge).length, 2);
      withNetns(sandbox.path, () => {
        using inside = new RouteSocket();
        assert.ok(inside.leadsHere(`fd00:${number}::2`));
        assert.equal(addresses6('eth0').length, 2);
      });
    }
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

  it('who gets the addresses of a container that has ended is reached, however long the kernel keeps the namespace of that one', async () => {
    const address = { ipv4: '172.30.0.20/24', macAddress: '02:42:ac:1e:00:14' };
    const first = await stage.container('ended', bridge, address);
    // Its process goes on, as one of a container that shares the namespace does.
    await stage.serve(first.sandbox.path, 80, 'first');
    assert.equal(stage.ask(undefined, '172.30.0.20', 80), 'first saw 172.30.0.1');
    await stage.backend.detach(undefined, first.endpoint);
    await stage.backend.removeSandbox('ended');
    const second = await stage.container('follows', bridge, address);
    await stage.serve(second.sandbox.path, 80, 'second');
    for (let times = 0; times < 5; times++) assert.equal(stage.ask(undefined, '172.30.0.20', 80), 'second saw 172.30.0.1');
  });

  it('macvlan: a container that ends and starts again has its hardware address again at once', async () => {
    for (let times = 0; times < 5; times++) {
      const { endpoint } = await on('m-13', lan, { id: `endpoint-again-${times}`, ipv4: '198.51.100.13/24' });
      // What the end of the container leaves to the kernel when no daemon sees it.
      await stage.backend.detach(undefined, endpoint);
      await stage.backend.removeSandbox('m-13');
    }
  });

  it('macvlan: a parent that is not there is named', async () => {
    await assert.rejects(stage.backend.createNetwork({ ...lan, id: 'x', parent: { link: 'nope0' } }), { kind: 'invalid', message: 'invalid subinterface vlan name nope0, example formatting is eth0.10' });
  });

  it('a network keeps the parent that is the host\'s when it goes', async () => {
    await stage.backend.removeNetwork(lan);
    assert.ok(stage.links().includes('lan0'));
  });
});
