import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readSysctl } from '../../../src/host/sysctl.ts';
import { withNetns } from '../../../src/host/namespaces.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import type { BridgeNetwork, PublishedPort } from '../../../src/network/network.ts';
import { nft } from '../../support/nft.ts';
import { Stage, hostOnLan, neighbour, type Protocol } from './stage.ts';

const instance = `t${process.pid}`;

function network(name: string, octet: number, more: Partial<BridgeNetwork> = {}): BridgeNetwork {
  return {
    id: name, bridge: bridgeName(instance, name), ipv4: { subnet: `172.30.${octet}.0/24`, gateway: `172.30.${octet}.1` },
    internal: false, masquerade: true, icc: true, mtu: 1500, ...more,
  };
}

const front = network('front', 1, { ipv6: { subnet: 'fd00:1::/64', gateway: 'fd00:1::1' } });
const back = network('back', 2);
const closed = network('closed', 3, { internal: true });
const quiet = network('quiet', 4, { icc: false });
const port = (hostIp: string, hostPort: number, protocol: PublishedPort['protocol'] = 'tcp'): PublishedPort => ({ protocol, containerPort: 80, hostIp, hostPort });
const webPorts = [port('0.0.0.0', 8080), port('::', 8080), port('0.0.0.0', 8080, 'udp'), port('127.0.0.1', 8081), port(hostOnLan.ipv4, 8082)];

const brNetfilter = process.env['GANTRY_TEST_BR_NETFILTER'] === '1';

const missing = brNetfilter && readSysctl('net/bridge/bridge-nf-call-iptables') === undefined;

describe(`packets, ${brNetfilter ? 'with' : 'without'} br_netfilter`, { skip: missing && 'this kernel has no br_netfilter' }, () => {
  const stage = new Stage(instance, { brNetfilter });
  const at: Record<string, string> = {};
  const join = async (name: string, on: BridgeNetwork, last: number, ports: PublishedPort[] = []): Promise<void> => {
    const ipv4 = on.ipv4!.subnet.replace('.0/24', `.${last}/24`);
    const ipv6 = on.ipv6 && `fd00:1::${last}/64`;
    at[name] = (await stage.container(name, on, { ipv4, ipv6, ports, macAddress: `02:42:ac:1e:${on.ipv4!.gateway!.split('.')[2]!.padStart(2, '0')}:0${last}` })).sandbox.path;
  };

  before(async () => {
    await stage.backend.prepare({ networks: [front, back, closed, quiet], endpoints: [], sandboxes: [] });
    await join('web', front, 2, webPorts);
    await join('peer', front, 3);
    await join('other', back, 2, [port('0.0.0.0', 9090), port('::1', 9090), port('::1', 9090, 'udp')]);
    await join('hidden', closed, 2);
    await join('hidden2', closed, 3);
    await join('quiet1', quiet, 2, [port('0.0.0.0', 9191)]);
    await join('quiet2', quiet, 3);
    await Promise.all([
      ...['web', 'peer', 'other', 'hidden', 'hidden2', 'quiet1', 'quiet2'].map((name) => stage.serve(at[name], 80, name)),
      stage.serve(at['web'], 81, 'unpublished'), stage.serve(stage.lan, 80, 'neighbour'), stage.serve(undefined, 7000, 'host'),
    ]);
  });
  after(() => stage.strike());

  const cases: [what: string, from: string | undefined, host: string, portNumber: number, answer: string | RegExp, protocol?: Protocol][] = [
    ['a container reaches the outside, masqueraded', 'web', neighbour.ipv4, 80, `neighbour saw ${hostOnLan.ipv4}`],
    ['a container reaches the outside over IPv6, masqueraded', 'web', neighbour.ipv6, 80, `neighbour saw ${hostOnLan.ipv6}`],
    ['containers of a network reach each other', 'peer', '172.30.1.2', 80, 'web saw 172.30.1.3'],
    ['containers of a network reach each other over IPv6', 'peer', 'fd00:1::2', 80, 'web saw fd00:1::3'],
    ['the host reaches a container', undefined, '172.30.1.2', 80, 'web saw 172.30.1.1'],
    ['a published port is reachable from outside, with the client\'s address', 'lan', hostOnLan.ipv4, 8080, `web saw ${neighbour.ipv4}`],
    ['a published UDP port is reachable from outside', 'lan', hostOnLan.ipv4, 8080, `web saw ${neighbour.ipv4}`, 'udp'],
    ['a published port is reachable from outside over IPv6', 'lan', hostOnLan.ipv6, 8080, `web saw ${neighbour.ipv6}`],
    ['a port published at one host address is reachable there', 'lan', hostOnLan.ipv4, 8082, `web saw ${neighbour.ipv4}`],
    ['localhost reaches a port published everywhere', undefined, '127.0.0.1', 8080, 'web saw 172.30.1.1'],
    ['localhost reaches a UDP port published everywhere', undefined, '127.0.0.1', 8080, 'web saw 172.30.1.1', 'udp'],
    ['localhost reaches a port published at 127.0.0.1', undefined, '127.0.0.1', 8081, 'web saw 172.30.1.1'],
    ['localhost reaches a port published everywhere over IPv6', undefined, '::1', 8080, 'web saw fd00:1::1'],
    ['localhost reaches over IPv6 a container that has IPv4 only', undefined, '::1', 9090, 'other saw 172.30.2.1'],
    ['localhost reaches over IPv6 a UDP port of a container that has IPv4 only', undefined, '::1', 9090, 'other saw 172.30.2.1', 'udp-connected'],
    ['a port published at 127.0.0.1 is not at ::1', undefined, '::1', 8081, 'ECONNREFUSED'],
    ['a port published at ::1 is the host\'s alone, not each container\'s', 'peer', '::1', 9090, 'ECONNREFUSED'],
    ['the host itself still answers at ::1', undefined, '::1', 7000, 'host saw ::1'],
    ['the host reaches a published port at its own IPv6 address', undefined, hostOnLan.ipv6, 8080, /^web saw /],
    ['a container reaches its own published port over IPv6', 'web', hostOnLan.ipv6, 8080, /^web saw fd00:1::1$/],
    ['the host reaches a published port at its own address', undefined, hostOnLan.ipv4, 8080, /^web saw /],
    ['a port published at one address is not published at another', undefined, '127.0.0.1', 8082, 'ECONNREFUSED'],
    ['a container reaches its own published port', 'web', hostOnLan.ipv4, 8080, /^web saw 172\.30\.1\.1$/],
    ['a neighbour container reaches a published port', 'peer', hostOnLan.ipv4, 8080, /^web saw 172\.30\.1\.1$/],
    ['a container of another network reaches a published port', 'other', hostOnLan.ipv4, 8080, /^web saw /],
    ['a container of another network reaches nothing unpublished', 'other', '172.30.1.2', 80, 'silence'],
    ['outside cannot reach a container by its address', 'lan', '172.30.1.2', 80, 'silence'],
    ['outside cannot reach an unpublished port by the container\'s address', 'lan', '172.30.1.2', 81, 'silence'],
    ['outside cannot reach a container by its IPv6 address', 'lan', 'fd00:1::2', 80, 'silence'],
    ['outside cannot reach a port published at 127.0.0.1', 'lan', hostOnLan.ipv4, 8081, 'ECONNREFUSED'],
    ['an internal network reaches itself', 'hidden', '172.30.3.3', 80, 'hidden2 saw 172.30.3.2'],
    ['an internal network has no way out', 'hidden', neighbour.ipv4, 80, 'ENETUNREACH'],
    ['an internal network cannot be reached from another', 'web', '172.30.3.2', 80, 'silence'],
    ['without icc containers of a network do not reach each other', 'quiet2', '172.30.4.2', 80, /^(silence|EHOSTUNREACH)$/],
    ['without icc a published port is reachable', 'quiet2', hostOnLan.ipv4, 9191, /^quiet1 saw /],
    ['without icc a container reaches its own published port', 'quiet1', hostOnLan.ipv4, 9191, /^quiet1 saw /],
    ['without icc the outside is reachable', 'quiet2', neighbour.ipv4, 80, /^neighbour saw /],
    ['a container reaches a service of the host at the gateway', 'web', '172.30.1.1', 7000, /^host saw /],
  ];
  for (const [what, from, host, portNumber, answer, protocol] of cases) {
    it(what, () => {
      const ask = String(answer).includes('silence') ? 'askInVain' : 'ask';
      const got = stage[ask](from === 'lan' ? stage.lan : from === undefined ? undefined : at[from], host, portNumber, protocol);
      if (typeof answer === 'string') assert.equal(got, answer);
      else assert.match(got, answer);
    });
  }

  it('a neighbour that routes 127.0.0.1 to the host reaches no port published there', () => {
    assert.equal(readSysctl('net/ipv4/conf/lan0/route_localnet'), '0');
    const ruleset = nft(`list chain inet gantry-${instance} prerouting`);
    assert.match(ruleset, /127\.0\.0\.0/);
  });

  it('the owner of the host filters published traffic before it', () => {
    nft('table inet owner { chain forward { type filter hook forward priority filter - 10; meta l4proto tcp ct original proto-dst 8080 ip saddr 198.51.100.2 drop\n}\n}\n');
    try {
      assert.equal(stage.askInVain(stage.lan, hostOnLan.ipv4, 8080), 'silence');
      assert.match(stage.ask(stage.lan, hostOnLan.ipv4, 8082), /^web saw/);
    } finally {
      nft('delete table inet owner');
    }
  });

  it('a sandbox has lo up, and no IPv6 address beyond ::1 on a network without IPv6', () => {
    const addresses = withNetns(at['other']!, () => readSysctl('net/ipv6/conf/eth0/disable_ipv6'));
    assert.equal(addresses, '1');
  });
});
