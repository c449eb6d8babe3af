import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { withNetns } from '../../../src/host/namespaces.ts';
import { addAddress } from '../../../src/host/netlink/requests.ts';
import { RouteSocket } from '../../../src/host/netlink/socket.ts';
import { readSysctl } from '../../../src/host/sysctl.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import type { BridgeNetwork, PublishedPort } from '../../../src/network/network.ts';
import { hostOnLan, neighbour, Stage } from './stage.ts';

const instance = `h${process.pid}`;
const network = (id: string, octet: number, ipv6: boolean): BridgeNetwork => ({
  id, bridge: bridgeName(instance, id), ipv4: { subnet: `172.29.${octet}.0/24`, gateway: `172.29.${octet}.1` },
  ...(ipv6 && { ipv6: { subnet: `fd00:${octet}::/64`, gateway: `fd00:${octet}::1` } }), internal: false, masquerade: true, icc: true, mtu: 1500,
});
const four = network('four', 1, false);
const both = network('both', 2, true);
const other = network('other', 3, false);
const port = (hostIp: string, hostPort: number): PublishedPort => ({ protocol: 'tcp', containerPort: 80, hostIp, hostPort });

/** Runs `ip` and its like in a namespace: what a neighbour, or the root user of a container, can do there. */
function inside(netns: string, ...command: string[]): void {
  const { status, stderr } = spawnSync('nsenter', [`--net=${netns}`, ...command], { encoding: 'utf8' });
  assert.equal(status, 0, `${command.join(' ')}: ${stderr}`);
}

describe('hostile neighbours', () => {
  const stage = new Stage(instance, { brNetfilter: false });
  const at: Record<string, string> = {};

  before(async () => {
    await stage.backend.prepare({ networks: [four, both, other], endpoints: [], sandboxes: [] });
    const join = async (name: string, on: BridgeNetwork, ipv4: string, ports: PublishedPort[] = [], ipv6?: string): Promise<void> => {
      at[name] = (await stage.container(name, on, { ipv4: `${ipv4}/24`, ports, ...(ipv6 !== undefined && { ipv6: `${ipv6}/64` }), macAddress: `02:42:ac:1d:${ipv4.split('.').slice(2).map((part) => part.padStart(2, '0')).join(':')}` })).sandbox.path;
    };
    await join('web', four, '172.29.1.2', [port('127.0.0.1', 8081), port('0.0.0.0', 8080)]);
    await join('evil', four, '172.29.1.3');
    await join('dual', both, '172.29.2.2', [], 'fd00:2::2');
    await join('far', other, '172.29.3.2');
    await Promise.all([
      stage.serve(at['web'], 80, 'web'), stage.serve(at['dual'], 80, 'dual'), stage.serve(at['far'], 80, 'far'), stage.serve(undefined, 7000, 'host'),
    ]);
  });
  after(() => stage.strike());

  /** Sends what is for 127.0.0.1 to the host, as no honest machine does. */
  const routeLoopback = (netns: string, gateway: string): void => {
    inside(netns, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet');
    inside(netns, 'ip', 'addr', 'del', '127.0.0.1/8', 'dev', 'lo');
    inside(netns, 'ip', 'route', 'add', '127.0.0.0/8', 'via', gateway);
  };

  it('on the LAN reach neither a port published at 127.0.0.1 nor a service there', () => {
    routeLoopback(stage.lan, hostOnLan.ipv4);
    for (const number of [8081, 8080, 7000]) assert.equal(stage.askInVain(stage.lan, '127.0.0.1', number), 'silence', String(number));
    assert.equal(stage.ask(stage.lan, hostOnLan.ipv4, 8080), `web saw ${neighbour.ipv4}`, 'its packets do arrive');
  });

  it('in a container do not either, though their bridge routes 127.0.0.0/8', () => {
    assert.equal(readSysctl(`net/ipv4/conf/${four.bridge}/route_localnet`), '1');
    routeLoopback(at['evil']!, '172.29.1.1');
    for (const number of [8081, 8080, 7000]) assert.equal(stage.askInVain(at['evil'], '127.0.0.1', number), 'silence', String(number));
    assert.match(stage.ask(at['evil'], '172.29.1.1', 7000), /^host saw /, 'its packets do arrive');
  });

  it('in a container do not pass as another network\'s by a route of their own (isolation)', () => {
    inside(at['evil']!, 'ip', 'route', 'add', '172.29.3.0/24', 'via', '172.29.1.1');
    assert.equal(stage.askInVain(at['evil'], '172.29.3.2', 80), 'silence');
    assert.match(stage.ask(at['evil'], '172.29.3.1', 7000), /^host saw /, 'another gateway\'s address is the host');
  });

  it('have no IPv6 with containers of a network that has none, not even link-local (CVE-2024-32473)', () => {
    for (const name of ['web', 'evil']) {
      withNetns(at[name]!, () => {
        using route = new RouteSocket();
        assert.deepEqual(route.addresses().map(({ address }) => address).filter((address) => address.includes(':') && address !== '::1/128'), []);
      });
    }
    assert.equal(readSysctl(`net/ipv6/conf/${four.bridge}/disable_ipv6`), '1');
  });

  it('in a container cannot make the host take a router advertisement (CVE-2020-13401)', () => {
    assert.equal(readSysctl(`net/ipv6/conf/${both.bridge}/accept_ra`), '0');
    using route = new RouteSocket();
    const { index } = route.link(both.bridge)!;
    // An advertisement as `radvd` sends it: a prefix to configure oneself from, and a default route.
    inside(at['dual']!, 'python3', '-c', `
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
prefix = struct.pack('!BBBBIII', 3, 4, 64, 0xc0, 3600, 3600, 0) + socket.inet_pton(socket.AF_INET6, '2001:db8:bad::')
s.sendto(struct.pack('!BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0) + prefix, ('ff02::1', 0, 0, socket.if_nametoindex('eth0')))
`);
    // The host has seen what was sent before this answer.
    assert.match(stage.ask(at['dual'], 'fd00:2::1', 7000), /^host saw /);
    assert.deepEqual(route.addresses().filter(({ linkIndex, address }) => linkIndex === index && address.startsWith('2001:db8:bad')), []);
    assert.deepEqual(route.routes().filter(({ destination }) => destination.startsWith('2001:db8:bad')), []);
  });

  it('find published ports at an address that the host gets later', () => {
    using route = new RouteSocket();
    route.run(addAddress(route.link('lan0')!.index, '198.51.100.77/24'));
    assert.equal(stage.ask(stage.lan, '198.51.100.77', 8080), `web saw ${neighbour.ipv4}`);
    assert.equal(stage.ask(stage.lan, '198.51.100.77', 8081), 'ECONNREFUSED', 'and not those of 127.0.0.1');
  });
});
