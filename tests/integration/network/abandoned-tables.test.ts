import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import { createNetworkBackend } from '../../../src/network/create-network-backend.ts';
import type { BridgeNetwork, Endpoint } from '../../../src/network/network.ts';
import { nft } from '../../support/nft.ts';
import { hostOnLan, Stage } from './stage.ts';

const instance = `n${process.pid}`;
const networkOf = (instanceId: string, octet: number): BridgeNetwork => ({
  id: 'n', bridge: bridgeName(instanceId, 'n'), ipv4: { subnet: `172.30.${octet}.0/24`, gateway: `172.30.${octet}.1` }, internal: false, masquerade: true, icc: true, mtu: 1500,
});
const port = { protocol: 'tcp', hostIp: '0.0.0.0', hostPort: 8080 } as const;

describe('the table of an engine that is gone', () => {
  const said: unknown[] = [];
  const stage = new Stage(instance, { brNetfilter: false });
  const gone = `${instance}gone`;
  const root = join(stage.directory, 'root-of-the-other');
  const other = createNetworkBackend({ instanceId: gone, root, runDirectory: join(stage.directory, 'other'), log: silentLog, poolSize: 0, repairMs: 3_600_000 });
  const backend = stage.newBackend({ ...silentLog, warn: (_message, fields) => said.push(fields?.['root']) });
  const network = networkOf(gone, 1);
  const endpoint: Endpoint = {
    id: 'left', network, interface: 'eth0', macAddress: '02:42:ac:1e:01:02', ipv4: '172.30.1.2/24', defaultRoute: true, ports: [{ ...port, containerPort: 80 }],
  };
  const tables = (): string => nft('list tables');

  before(async () => {
    mkdirSync(root);
    await backend.prepare({ networks: [networkOf(instance, 2)], endpoints: [], sandboxes: [] });
    await other.prepare({ networks: [network], endpoints: [], sandboxes: [] });
    await other.attach(await other.createSandbox('left', { wired: false }), endpoint);
    await other.close();
  });
  after(async () => {
    await backend.close();
    await other.dismantle();
    await other.close();
    await stage.strike();
  });

  it('keeps its ports as long as its folder or a container of it is there', async () => {
    assert.equal(backend.isLedElsewhere(port), true, 'both');
    rmSync(root, { recursive: true });
    assert.equal(backend.isLedElsewhere(port), true, 'a container without a daemon');
    mkdirSync(root);
    await other.removeSandbox('left');
    await other.settle();
    // The kernel takes the links of the namespace away by and by.
    while (stage.links().some((link) => link.startsWith('gv'))) await new Promise((resolve) => { setTimeout(resolve, 10); });
    assert.equal(backend.isLedElsewhere(port), true, 'a daemon that may come back');
    assert.deepEqual(said, []);
    assert.match(tables(), new RegExp(gone));
  });

  it('is taken away, with a word about it, by who wants its port', async () => {
    rmSync(root, { recursive: true });
    assert.equal(backend.isLedElsewhere({ ...port, hostPort: 8081 }), false, 'another port');
    assert.deepEqual(said, [], 'nobody wanted what it has');
    assert.equal(backend.isLedElsewhere(port), false);
    assert.deepEqual(said, [root]);
    assert.doesNotMatch(tables(), new RegExp(gone));
    const { sandbox } = await stage.container('web', networkOf(instance, 2), { ipv4: '172.30.2.2/24', ports: [{ ...port, containerPort: 80 }] });
    await stage.serve(sandbox.path, 80, 'web');
    assert.match(stage.ask(stage.lan, hostOnLan.ipv4, port.hostPort), /^web saw /);
  });

  it('is taken away by a daemon that starts', async () => {
    const table = (name: string, elements: string): string => `table inet ${name} {\ncomment "${root}"\nmap published4any { type inet_proto . inet_service : ipv4_addr . inet_service; ${elements}\n}\n}`;
    nft(table(`gantry-${gone}`, 'elements = { 6 . 8085 : 172.30.1.2 . 80 }'));
    nft(table('gantry-idle', ''));
    nft('add table inet gantry-somebody');
    const next = stage.newBackend();
    await next.prepare({ networks: [networkOf(instance, 2)], endpoints: [], sandboxes: [] });
    await next.close();
    assert.doesNotMatch(tables(), new RegExp(gone));
    assert.match(tables(), /gantry-somebody/, 'one of which nobody knows whose it is stays');
    assert.match(tables(), /gantry-idle/, 'one that publishes nothing is in nobody\'s way: its engine may be alive, and see another folder there');
  });
});
