import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addAddress } from '../../../src/host/netlink/requests.ts';
import { RouteSocket } from '../../../src/host/netlink/socket.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import type { BridgeNetwork, PublishedPort } from '../../../src/network/network.ts';
import { hostOnLan, neighbour, Stage } from './stage.ts';

const instance = `g${process.pid}`;
const secondOfHost = '198.51.100.9';
const network = (id: string, octet: number, more: Partial<BridgeNetwork>): BridgeNetwork => ({
  id, bridge: bridgeName(instance, id), ipv4: { subnet: `172.30.${octet}.0/24`, gateway: `172.30.${octet}.1` },
  ipv6: { subnet: `fd00:${octet}::/64`, gateway: `fd00:${octet}::1` }, internal: false, masquerade: true, icc: true, mtu: 1500, ...more,
});
const networks = {
  plain: network('plain', 31, {}),
  routed: network('routed', 32, { gatewayModes: { ipv4: 'routed', ipv6: 'routed' } }),
  routed6: network('routed6', 33, { gatewayModes: { ipv6: 'routed' } }),
  open: network('open', 34, { gatewayModes: { ipv4: 'nat-unprotected', ipv6: 'nat-unprotected' } }),
  trusting: network('trusting', 35, { trustedLinks: ['lan0'] }),
  sourced: network('sourced', 36, { sources: { ipv4: secondOfHost } }),
  isolated: network('isolated', 37, { internal: true, gatewayModes: { ipv4: 'isolated', ipv6: 'isolated' } }),
};
type Name = keyof typeof networks;
const opened = (hostIp: string): PublishedPort => ({ protocol: 'tcp', containerPort: 80, hostIp, hostPort: 0 });
const ports: Partial<Record<Name, PublishedPort[]>> = {
  trusting: [{ protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 8035 }],
  routed: [opened('0.0.0.0'), opened('::')],
  routed6: [{ protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort: 8033 }, opened('::')],
};

describe('gateway modes', () => {
  const stage = new Stage(instance, { brNetfilter: false });
  const at: Record<string, string> = {};
  const addresses = (name: Name) => ({ ipv4: networks[name].ipv4!.subnet.replace('.0/24', '.2/24'), ipv6: networks[name].ipv6!.subnet.replace('::/64', '::2/64') });

  before(async () => {
    using route = new RouteSocket();
    route.run(addAddress(route.link('lan0')!.index, `${secondOfHost}/24`));
    await stage.backend.prepare({ networks: Object.values(networks), endpoints: [], sandboxes: [] });
    for (const name of Object.keys(networks) as Name[]) {
      const octet = networks[name].ipv4!.subnet.split('.')[2]!;
      at[name] = (await stage.container(name, networks[name], { ...addresses(name), ports: ports[name] ?? [], macAddress: `02:42:ac:1e:${octet}:02` })).sandbox.path;
    }
    await Promise.all([
      ...Object.keys(networks).flatMap((name) => [stage.serve(at[name], 80, name), stage.serve(at[name], 81, `${name}-81`)]),
      stage.serve(stage.lan, 80, 'neighbour'), stage.serve(undefined, 7000, 'host'),
    ]);
  });
  after(() => stage.strike());

  const cases: [what: string, from: Name | 'lan' | 'host', host: string, port: number, answer: string | RegExp][] = [
    ['nat: the outside does not reach a container by its address', 'lan', '172.30.31.2', 80, 'silence'],
    ['routed: the outside reaches what is published at the container\'s own address', 'lan', '172.30.32.2', 80, `routed saw ${neighbour.ipv4}`],
    ['routed: and over IPv6', 'lan', 'fd00:32::2', 80, `routed saw ${neighbour.ipv6}`],
    ['routed: and nothing else', 'lan', '172.30.32.2', 81, 'silence'],
    ['routed: nor over IPv6', 'lan', 'fd00:32::2', 81, 'silence'],
    ['routed: another network\'s container reaches what is published', 'plain', '172.30.32.2', 80, /^routed saw 172\.30\./],
    ['routed: and nothing else, either', 'plain', '172.30.32.2', 81, 'silence'],
    ['routed: what goes out has the container\'s address', 'routed', neighbour.ipv4, 80, 'neighbour saw 172.30.32.2'],
    ['routed: over IPv6 too', 'routed', neighbour.ipv6, 80, 'neighbour saw fd00:32::2'],
    ['routed: the host reaches every port', 'host', '172.30.32.2', 81, 'routed-81 saw 172.30.32.1'],
    ['one family routed: the other one is translated', 'lan', hostOnLan.ipv4, 8033, `routed6 saw ${neighbour.ipv4}`],
    ['one family routed: and closed at its own address', 'lan', '172.30.33.2', 80, 'silence'],
    ['one family routed: the routed one is open', 'lan', 'fd00:33::2', 80, `routed6 saw ${neighbour.ipv6}`],
    ['one family routed: what goes out is translated in the other', 'routed6', neighbour.ipv4, 80, `neighbour saw ${hostOnLan.ipv4}`],
    ['nat-unprotected: the outside reaches every port', 'lan', '172.30.34.2', 81, `open-81 saw ${neighbour.ipv4}`],
    ['nat-unprotected: over IPv6 too', 'lan', 'fd00:34::2', 81, `open-81 saw ${neighbour.ipv6}`],
    ['nat-unprotected: other networks do not', 'plain', '172.30.34.2', 81, 'silence'],
    ['nat-unprotected: what goes out is translated', 'open', neighbour.ipv4, 80, `neighbour saw ${hostOnLan.ipv4}`],
    ['a trusted link reaches what is published at the container\'s own address', 'lan', '172.30.35.2', 80, `trusting saw ${neighbour.ipv4}`],
    ['a trusted link: over IPv6 only what is published there', 'lan', 'fd00:35::2', 80, 'silence'],
    ['a trusted link reaches nothing else', 'lan', '172.30.35.2', 81, 'silence'],
    ['a trusted link is one link: other networks reach none', 'plain', '172.30.35.2', 80, 'silence'],
    ['a source of one\'s own is what the outside sees', 'sourced', neighbour.ipv4, 80, `neighbour saw ${secondOfHost}`],
    ['isolated: the host has no address there', 'isolated', '172.30.37.1', 7000, /^(silence|EHOSTUNREACH)$/],
  ];
  for (const [what, from, host, port, answer] of cases) {
    it(what, () => {
      const ask = String(answer).includes('silence') ? 'askInVain' : 'ask';
      const got = stage[ask](from === 'lan' ? stage.lan : from === 'host' ? undefined : at[from], host, port);
      if (typeof answer === 'string') assert.equal(got, answer);
      else assert.match(got, answer);
    });
  }

  it('a container that leaves closes what was open', async () => {
    const { endpoint, sandbox } = await stage.container('late', networks.routed, { ipv4: '172.30.32.9/24', ports: [opened('0.0.0.0')], macAddress: '02:42:ac:1e:20:09' });
    await stage.serve(sandbox.path, 80, 'late');
    assert.equal(stage.ask(stage.lan, '172.30.32.9', 80), `late saw ${neighbour.ipv4}`);
    await stage.backend.unpublish(endpoint);
    assert.equal(stage.askInVain(stage.lan, '172.30.32.9', 80), 'silence');
  });
});
