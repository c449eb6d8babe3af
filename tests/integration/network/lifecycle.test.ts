import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { mountTable } from '../../../src/host/mount-info.ts';
import { withNetns } from '../../../src/host/namespaces.ts';
import { deleteLink } from '../../../src/host/netlink/requests.ts';
import { RouteSocket } from '../../../src/host/netlink/socket.ts';
import { bridgeName, vethName } from '../../../src/network/bridge/names.ts';
import type { BridgeNetwork } from '../../../src/network/network.ts';
import { nft } from '../../support/nft.ts';
import { neighbour, Stage } from './stage.ts';

const instance = `l${process.pid}`;
const network: BridgeNetwork = {
  id: 'n', bridge: bridgeName(instance, 'n'), ipv4: { subnet: '172.30.0.0/24', gateway: '172.30.0.1' }, internal: false, masquerade: true, icc: true, mtu: 1500,
};
const place = (last: number, hostPort: number) => ({
  ipv4: `172.30.0.${last}/24`, ports: [{ protocol: 'tcp' as const, containerPort: 80, hostIp: '0.0.0.0', hostPort }],
});

describe('network backend', () => {
  const stage = new Stage(instance, { brNetfilter: false });
  const mounts = (): string[] => mountTable().split('\n').filter((line) => line.includes(stage.directory));
  const published = (): string => nft(`list map inet gantry-${instance} published4any`);

  before(() => stage.backend.prepare({ networks: [network], endpoints: [], sandboxes: [] }));
  after(() => stage.strike());

  it('attach() publishes all ports of an endpoint and detach() takes all back', async () => {
    const { sandbox, endpoint } = await stage.container('a', network, place(2, 8000));
    assert.match(published(), /8000/);
    assert.ok(stage.links().includes(vethName(endpoint.id)));
    await stage.backend.detach(sandbox, endpoint);
    assert.doesNotMatch(published(), /8000/);
    assert.ok(!stage.links().includes(vethName(endpoint.id)));
  });

  it('the bridge keeps its hardware address when ports come and go', async () => {
    const macAddress = (): string | undefined => {
      using route = new RouteSocket();
      return route.link(network.bridge)?.macAddress;
    };
    const before = macAddress();
    const { sandbox, endpoint } = await stage.container('m', network, { ...place(11, 8008), macAddress: '02:00:00:00:00:01' });
    assert.equal(macAddress(), before);
    await stage.backend.detach(sandbox, endpoint);
    assert.equal(macAddress(), before);
  });

  it('attach() leaves nothing when publishing fails', async () => {
    const ports = [{ protocol: 'tcp' as const, containerPort: 80, hostIp: 'no address', hostPort: 8001 }];
    await assert.rejects(stage.container('b', network, { ...place(3, 8001), ports }), { kind: 'internal', message: /not an IP address/ });
    assert.ok(!stage.links().includes(vethName('endpoint-b')));
  });

  it('attach() replaces what an attachment that was cut off left behind', async () => {
    const { sandbox, endpoint } = await stage.container('c', network, place(4, 8002));
    await stage.backend.attach(sandbox, { ...endpoint, ...place(5, 8002) });
    assert.match(published(), /172\.30\.0\.5/);
    assert.doesNotMatch(published(), /172\.30\.0\.4/);
    await stage.backend.detach(sandbox, endpoint);
  });

  it('attach() makes a new pair of links when someone has removed the one that waited', async () => {
    await stage.backend.settle();
    using route = new RouteSocket();
    route.run(...route.links().filter(({ name }) => name.startsWith('gp')).map(({ index }) => deleteLink(index)));
    const { sandbox, endpoint } = await stage.container('w', network, place(12, 8009));
    assert.ok(stage.links().includes(vethName(endpoint.id)));
    assert.match(published(), /172\.30\.0\.12/);
    await stage.backend.detach(sandbox, endpoint);
  });

  it('detach() of what is gone already does nothing', async () => {
    const { sandbox, endpoint } = await stage.container('d', network, place(6, 8003));
    await stage.backend.detach(sandbox, endpoint);
    await stage.backend.detach(sandbox, endpoint);
  });

  it('createNetwork() refuses a name that someone else has, and leaves it alone', async () => {
    await assert.rejects(stage.backend.createNetwork({ ...network, id: 'x', bridge: 'lan0' }), /a link named lan0 exists and is not ours/);
    assert.ok(stage.links().includes('lan0'));
  });

  it('becomeGateway() leads the default route over an endpoint that is attached, and publishes its ports', async () => {
    const { sandbox, endpoint } = await stage.container('g', network, { ...place(9, 8006), ports: [], defaultRoute: false });
    const defaults = (): (string | undefined)[] => withNetns(sandbox.path, () => {
      using route = new RouteSocket();
      return route.routes().filter((each) => each.destination === '0.0.0.0/0').map((each) => each.gateway);
    });
    assert.deepEqual(defaults(), []);
    await stage.backend.becomeGateway(sandbox, { ...endpoint, ...place(9, 8006), defaultRoute: true });
    assert.deepEqual(defaults(), ['172.30.0.1']);
    assert.match(published(), /8006/);
    await stage.backend.detach(sandbox, { ...endpoint, ...place(9, 8006) });
  });

  it('prepare() warns of another firewall that drops what is forwarded, with a remedy that works', async () => {
    nft('table ip filter {\n chain FORWARD {\n type filter hook forward priority 0; policy drop;\n }\n}\n');
    const remedies: string[] = [];
    const next = stage.newBackend({ ...silentLog, warn: (_message, fields) => remedies.push(...fields?.['remedy'] as string[]) });
    try {
      const { sandbox, endpoint } = await stage.container('f', network, { ...place(10, 8007), ports: [] });
      await stage.serve(stage.lan, 80, 'neighbour');
      assert.equal(stage.askInVain(sandbox.path, neighbour.ipv4, 80), 'silence');
      await next.prepare({ networks: [network], endpoints: [endpoint], sandboxes: ['f'] });
      nft(remedies.join('\n'));
      assert.match(stage.ask(sandbox.path, neighbour.ipv4, 80), /^neighbour saw/);
    } finally {
      nft('delete table ip filter');
      await next.close();
    }
  });

  it('prepare() of a new daemon keeps what containers use and removes the rest', async () => {
    const kept = await stage.container('kept', network, place(7, 8004));
    const lost = await stage.container('lost', network, place(8, 8005));
    const next = stage.newBackend();
    try {
      await next.prepare({ networks: [network], endpoints: [kept.endpoint], sandboxes: ['kept'] });
      await next.settle();
      assert.match(published(), /8004/);
      assert.doesNotMatch(published(), /8005/);
      assert.ok(stage.links().includes(vethName(kept.endpoint.id)));
      assert.ok(!stage.links().includes(vethName(lost.endpoint.id)));
      assert.ok(readdirSync(join(stage.directory, 'netns')).includes('kept'));
      assert.ok(!readdirSync(join(stage.directory, 'netns')).includes('lost'));
    } finally {
      await next.close();
    }
  });

  it('dismantle() leaves nothing behind: no link, no namespace, no mount, no rule', async () => {
    // Two of one instance, as here, never live at once: this one would fill its pool again.
    await stage.backend.close();
    const last = stage.newBackend();
    await last.dismantle();
    await last.close();
    assert.doesNotMatch(nft('list tables'), new RegExp(instance));
    assert.deepEqual(stage.links(), ['lan0', 'lo']);
    assert.deepEqual(readdirSync(join(stage.directory, 'netns')), []);
    assert.equal(mounts().filter((line) => !line.includes('/lan ')).length, 0);
  });
});
