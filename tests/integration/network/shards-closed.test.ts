import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readSysctl } from '../../../src/host/sysctl.ts';
import { bridgeName, shardKey, shardKeyOf } from '../../../src/network/bridge/names.ts';
import type { BridgeNetwork, Endpoint, PublishedPort } from '../../../src/network/network.ts';
import { Stage, hostOnLan, neighbour } from './stage.ts';

const network = (instance: string, name: string, octet: number, icc: boolean): BridgeNetwork => ({
  id: name, bridge: bridgeName(instance, name), ipv4: { subnet: `172.28.${octet}.0/24`, gateway: `172.28.${octet}.1` }, internal: false, masquerade: true, icc, mtu: 1500,
});
const published = (hostPort: number): PublishedPort => ({ protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort });
const available = readSysctl('net/bridge/bridge-nf-call-iptables') !== undefined;

const brNetfilter = process.env['GANTRY_TEST_BR_NETFILTER'] === '1';

/** Two ports a bridge: c0 and c1 are on the first one, c2 and c3 on the second, c4 on the third. */
describe(`networks over several bridges, ${brNetfilter ? 'with' : 'without'} br_netfilter`, { skip: brNetfilter && !available && 'this kernel has no br_netfilter' }, () => {
  const instance = `${brNetfilter ? 'y' : 'z'}${process.pid}`;
  const [closed, open] = [network(instance, 'closed', 1, false), network(instance, 'open', 2, true)];
  const stage = new Stage(instance, { brNetfilter, portLimits: { first: 2, further: 2 } });
  const paths = new Map<string, string>();
  const endpoints: Endpoint[] = [];

  before(async () => {
    await stage.backend.prepare({ networks: [closed, open], endpoints: [], sandboxes: [] });
    for (const [prefix, on, octet] of [['c', closed, 1], ['o', open, 2]] as const) {
      for (let number = 0; number < 5; number++) {
        const name = `${prefix}${number}`;
        const { sandbox, endpoint } = await stage.container(name, on, {
          ipv4: `172.28.${octet}.${10 + number}/24`, macAddress: `02:42:ac:1c:0${octet}:1${number}`, ports: [published(9000 + octet * 100 + number)],
        });
        paths.set(name, sandbox.path);
        endpoints.push(endpoint);
        await stage.serve(sandbox.path, 80, name);
      }
    }
  });
  after(() => stage.strike());

  const ask = (from: string, host: string, port: number): string => stage.ask(paths.get(from), host, port);

  it('each has two further bridges', () => {
    for (const { bridge } of [closed, open]) assert.equal(stage.links().filter((link) => shardKeyOf(link) === shardKey(bridge)).length, 6);
  });

  for (const [from, to] of [[0, 1], [0, 2], [2, 0], [2, 3], [2, 4]] as const) {
    it(`without icc c${from} does not reach c${to}`, () => assert.match(stage.askInVain(paths.get(`c${from}`), `172.28.1.${10 + to}`, 80), /^(silence|EHOSTUNREACH)$/));
    it(`with icc o${from} reaches o${to}`, () => assert.equal(ask(`o${from}`, `172.28.2.${10 + to}`, 80), `o${to} saw 172.28.2.${10 + from}`));
  }

  // A translated packet would have to leave a further bridge by the link where it came in: docs/firewall.md.
  const reachable = ([from, to]: readonly [number, number]): boolean => !brNetfilter || from < 2 || to < 2 || from >> 1 !== to >> 1;
  for (const pair of ([[0, 1], [0, 2], [2, 0], [2, 4], [0, 0], [2, 3], [2, 2]] as const).filter(reachable)) {
    const [from, to] = pair;
    it(`without icc c${from} reaches the published port of c${to}`, () => assert.match(ask(`c${from}`, hostOnLan.ipv4, 9100 + to), new RegExp(`^c${to} saw `)));
    it(`with icc o${from} reaches the published port of o${to}`, () => assert.match(ask(`o${from}`, hostOnLan.ipv4, 9200 + to), new RegExp(`^o${to} saw `)));
  }

  it('the outside is reachable from all, and the LAN and localhost reach all', () => {
    for (const number of [0, 2, 4]) {
      assert.equal(ask(`c${number}`, hostOnLan.ipv4, 9300), 'ECONNREFUSED');
      assert.equal(stage.ask(stage.lan, hostOnLan.ipv4, 9100 + number), `c${number} saw ${neighbour.ipv4}`);
      assert.equal(stage.ask(undefined, '127.0.0.1', 9100 + number), `c${number} saw 172.28.1.1`);
    }
  });

  it('a new daemon finds every port as it should be', async () => {
    const next = stage.newBackend();
    await next.prepare({ networks: [closed, open], endpoints, sandboxes: [...paths.keys()] });
    assert.match(stage.askInVain(paths.get('c0'), '172.28.1.11', 80), /^(silence|EHOSTUNREACH)$/);
    assert.match(ask('c0', hostOnLan.ipv4, 9101), /^c1 saw /);
    await next.close();
  });
});
