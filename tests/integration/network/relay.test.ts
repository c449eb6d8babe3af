import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { createResolver, type Resolver } from '../../../src/network/dns/client.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import type { BridgeNetwork, Endpoint } from '../../../src/network/network.ts';
import { PortAllocator } from '../../../src/network/ports/port-allocator.ts';
import { portRequest } from '../../../src/network/ports/port-request.ts';
import { reserveHostPort } from '../../../src/network/ports/reserve.ts';
import { relayedPorts } from '../../../src/network/relay/relayed-port.ts';
import { hostOnLan, neighbour, Stage, type Protocol } from './stage.ts';

const instance = `r${process.pid}`;
const both = { ipv4: true, ipv6: true };
const only4: BridgeNetwork = {
  id: 'only4', bridge: bridgeName(instance, 'only4'), ipv4: { subnet: '172.30.11.0/24', gateway: '172.30.11.1' }, internal: false, masquerade: true, icc: true, mtu: 1500,
};
const only6: BridgeNetwork = { ...only4, id: 'only6', bridge: bridgeName(instance, 'only6'), ipv4: undefined, ipv6: { subnet: 'fd00:11::/64', gateway: 'fd00:11::1' } };

/** Everything as the engine does it: ports are allocated, endpoints attached, and what the kernel cannot translate is passed on. */
describe('published ports of containers that have one family of addresses', () => {
  const stage = new Stage(instance, { brNetfilter: false });
  const newPorts = () => new PortAllocator({ ephemeral: { from: 30_000, to: 30_100 }, reserve: reserveHostPort, relayed: both });
  let ports = newPorts();
  let resolver: Resolver;
  const endpoints: Record<string, Endpoint> = {};

  const publish = async (name: string, network: BridgeNetwork, address: Pick<Endpoint, 'ipv4' | 'ipv6'>, hostPort: string): Promise<void> => {
    const families = { ipv4: address.ipv4 !== undefined, ipv6: address.ipv6 !== undefined };
    const given = ports.allocate(['tcp', 'udp'].map((protocol) => portRequest(`80/${protocol}`, { hostPort })), { families });
    const { sandbox, endpoint } = await stage.container(name, network, { ...address, ports: given, macAddress: `02:42:ac:1e:0b:0${network === only4 ? 4 : 6}` });
    endpoints[name] = endpoint;
    resolver.relay(relayedPorts(endpoint), (port) => ports.descriptorOf(port));
    await stage.serve(sandbox.path, 80, name);
  };

  before(async () => {
    resolver = createResolver({ runDirectory: stage.directory, log: silentLog });
    await stage.backend.prepare({ networks: [only4, only6], endpoints: [], sandboxes: [] });
    await publish('four', only4, { ipv4: '172.30.11.4/24' }, '8080');
    await publish('six', only6, { ipv6: 'fd00:11::6/64' }, '8086');
  });
  after(async () => {
    await resolver.endRelay(Object.values(endpoints).flatMap(relayedPorts));
    await resolver.close();
    for (const { ports: given } of Object.values(endpoints)) ports.release(given);
    await stage.strike();
  });

  const lan = () => stage.lan;
  const host = () => undefined;
  const cases: [what: string, from: () => string | undefined, address: string, port: number, answer: RegExp, protocol?: Protocol][] = [
    ['a neighbour on the LAN reaches one without IPv6 over IPv6', lan, hostOnLan.ipv6, 8080, /^four saw 172\.30\.11\.1$/],
    ['and its UDP port', lan, hostOnLan.ipv6, 8080, /^four saw 172\.30\.11\.1$/, 'udp'],
    ['and over IPv4 with its own address', lan, hostOnLan.ipv4, 8080, new RegExp(`^four saw ${neighbour.ipv4}$`)],
    ['a UDP socket of the host that is not connected reaches it at [::1]', host, '::1', 8080, /^four saw 172\.30\.11\.1$/, 'udp'],
    ['and so does a socket for IPv6 alone, connected', host, '::1', 8080, /^four saw 172\.30\.11\.1$/, 'udp-ipv6-only'],
    ['the host reaches it at its own IPv6 address', host, hostOnLan.ipv6, 8080, /^four saw 172\.30\.11\.1$/],
    ['a neighbour on the LAN reaches one without IPv4 over IPv4', lan, hostOnLan.ipv4, 8086, /^six saw fd00:11::1$/],
    ['and its UDP port', lan, hostOnLan.ipv4, 8086, /^six saw fd00:11::1$/, 'udp'],
    ['the host reaches it at 127.0.0.1', host, '127.0.0.1', 8086, /^six saw fd00:11::1$/],
    ['and at [::1]', host, '::1', 8086, /^six saw fd00:11::1$/],
  ];
  for (const [what, from, address, port, answer, protocol] of cases) {
    it(`${what} (${address})`, async () => assert.match(await stage.askMeanwhile(from(), address, port, protocol), answer));
  }

  it('comes back by itself when the process is killed: connections wait for it', async () => {
    const killed = resolverPid(stage.directory);
    assert.ok(killed !== undefined);
    process.kill(killed, 'SIGKILL');
    // What comes before another one has started waits in the socket, which this process holds.
    assert.match(await stage.askMeanwhile(stage.lan, hostOnLan.ipv6, 8080), /^four saw /);
    assert.notEqual(resolverPid(stage.directory), killed);
    assert.match(await stage.askMeanwhile(stage.lan, hostOnLan.ipv6, 8080, 'udp'), /^four saw /);
  });

  it('goes on while the daemon is away, and the next one takes it over', async () => {
    await resolver.close();
    // What ends with a daemon: its own descriptors.
    for (const { ports: given } of Object.values(endpoints)) ports.release(given);
    assert.match(stage.ask(stage.lan, hostOnLan.ipv6, 8080), /^four saw /);
    assert.deepEqual(reserveHostPort({ protocol: 'tcp', hostIp: '::', hostPort: 8080 }), { refused: 'EADDRINUSE' }, 'the port is held meanwhile');
    ports = newPorts();
    resolver = createResolver({ runDirectory: stage.directory, log: silentLog });
    for (const { ports: given } of Object.values(endpoints)) ports.claim(given);
    await resolver.restore({ endpoints: [], sandboxes: [], relayed: Object.values(endpoints).flatMap(relayedPorts), descriptorOf: (port) => ports.descriptorOf(port) });
    assert.match(stage.ask(stage.lan, hostOnLan.ipv6, 8080), /^four saw /);
  });

  it('ends with the container: the port refuses, and is free at once', async () => {
    const { four } = endpoints;
    await resolver.endRelay(relayedPorts(four!));
    ports.release(four!.ports);
    assert.equal(stage.ask(stage.lan, hostOnLan.ipv6, 8080), 'ECONNREFUSED');
    const again = reserveHostPort({ protocol: 'tcp', hostIp: '::', hostPort: 8080 });
    assert.ok('release' in again, JSON.stringify(again));
    again.release();
  });
});

/** Known by where it writes its log. */
function resolverPid(directory: string): number | undefined {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).find((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/1`) === join(directory, 'resolver.log');
    } catch {
      return false; // it ended meanwhile
    }
  });
}
