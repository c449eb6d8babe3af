import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { KeyedLocks } from '../../../src/base/locks.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { ContainerRecord } from '../../../src/engine/containers/record.ts';
import { createEventBus } from '../../../src/engine/events/publish.ts';
import { createNetworkAttachments } from '../../../src/engine/networks/create-network-attachments.ts';
import { createNetworkDeps } from '../../../src/engine/networks/create-network-deps.ts';
import { createNetworkVerbs } from '../../../src/engine/networks/create-network-verbs.ts';
import type { NetworkDeps } from '../../../src/engine/networks/deps.ts';
import { restoreNetworks } from '../../../src/engine/networks/restore.ts';
import type { NetworkCreateRequest } from '../../../src/engine/networks/verbs.ts';
import { createResolver } from '../../../src/network/dns/client.ts';
import { openMetadata } from '../../../src/store/metadata/sqlite.ts';
import { hostOnLan, Stage } from './stage.ts';

const instance = `v${process.pid}`;
const request = (name: string, more: Partial<NetworkCreateRequest> = {}): NetworkCreateRequest => ({
  name, driver: 'bridge', ipam: { driver: 'default', options: {}, config: [] }, internal: false, attachable: false, ingress: false, configOnly: false, options: {}, labels: {}, ...more,
});
const pool = (subnet: string) => ({ driver: 'default', options: {}, config: [{ subnet }] });

describe('networks', () => {
  const stage = new Stage(instance, { brNetfilter: false });
  const records = new Map<string, ContainerRecord>();
  const containers: NetworkDeps['containers'] = {
    all: () => [...records.values()], get: (id) => records.get(id), find: (id) => records.get(id)!,
    save: (record) => { records.set(record.id, record); return record; },
  };
  const metadata = openMetadata(join(stage.directory, 'db'));
  const resolver = createResolver({ runDirectory: stage.directory, log: silentLog });
  const deps = createNetworkDeps({ instanceId: instance, metadata, backend: stage.backend, resolver, locks: new KeyedLocks(), log: silentLog, events: createEventBus(() => 0n), containers, filesDirectory: (id) => join(stage.directory, id) });
  const verbs = createNetworkVerbs(deps);
  const attachments = createNetworkAttachments(deps);
  const running = { status: 'running', pid: 1, startedAt: '' } as const;

  /** As engine/containers does it: plan, sandbox, attach, save. */
  const start = async (id: string, networkMode: string, portBindings = {}): Promise<ContainerRecord> => {
    const endpoints = attachments.plan({ containerId: id, containerName: id, hostname: id, domainname: '', hostConfig: { networkMode }, exposedPorts: [], endpoints: {} });
    const record = { id, name: id, config: { hostname: id }, hostConfig: { networkMode, portBindings }, endpoints, state: running } as unknown as ContainerRecord;
    const path = await attachments.sandbox(id);
    return containers.save({ ...record, endpoints: await attachments.attach(record, path) }, { durable: false });
  };
  const stop = async (id: string): Promise<void> => {
    const record = containers.find(id);
    containers.save({ ...record, endpoints: await attachments.detach(record), state: { status: 'created' } }, { durable: false });
  };
  const names = async (): Promise<string[]> => (await verbs.list(new Map())).map(({ network }) => network.name);

  before(() => restoreNetworks(deps));
  after(async () => {
    for (const id of records.keys()) await stop(id);
    await resolver.close();
    await stage.backend.dismantle();
    metadata.close();
    await stage.strike();
  });

  it('exist from the first start: bridge, host and none', async () => assert.deepEqual(await names(), ['bridge', 'host', 'none']));

  const refused: [what: string, request: NetworkCreateRequest, kind: string, message: RegExp][] = [
    ['a predefined name', request('host'), 'forbidden', /not permitted on predefined host network/],
    ['an unknown driver', request('a', { driver: 'weave' }), 'notFound', /plugin "weave" not found/],
    ['a subnet of another network', request('a', { ipam: pool('172.17.3.0/24') }), 'forbidden', /Pool overlaps/],
    ['what is no subnet', request('a', { ipam: pool('172.17.3.0') }), 'invalid', /invalid subnet/],
    ['a value that an option cannot have', request('a', { options: { 'com.docker.network.driver.mtu': 'x' } }), 'invalid', /failed to parse com\.docker\.network\.driver\.mtu value: x/],
    ['a bridge name of another link', request('a', { options: { 'com.docker.network.bridge.name': 'lan0' } }), 'internal', /lan0 exists and is not ours/],
  ];
  for (const [what, wanted, kind, message] of refused) {
    it(`create() refuses ${what} and keeps nothing`, async () => {
      await assert.rejects(verbs.create(wanted), { kind, message });
      assert.deepEqual(await names(), ['bridge', 'host', 'none']);
    });
  }

  it('create() takes an option that it does not know, and says that it has no effect', async () => {
    const { warning } = await verbs.create(request('odd', { options: { 'com.docker.network.bridge.nope': 'x' } }));
    assert.equal(warning, 'options that this engine does not know have no effect: com.docker.network.bridge.nope');
    await verbs.remove('odd');
  });

  it('create() chooses a free subnet, and refuses a name that is taken', async () => {
    await verbs.create(request('app'));
    assert.deepEqual((await verbs.inspect('app')).network.ipam.config, [{ subnet: '172.18.0.0/16', gateway: '172.18.0.1', chosen: 'pool' }]);
    await assert.rejects(verbs.create(request('app')), { kind: 'conflict', message: 'network with name app already exists' });
  });

  it('a container on a network is seen there and at its published port; afterwards its address and port are free', async () => {
    const record = await start('web', 'app', { '80/tcp': [{ hostPort: '8080' }] });
    assert.equal((await verbs.inspect('app')).containers['web']?.ipv4, '172.18.0.2/16');
    await stage.serve(attachments.sandboxPath('web'), 80, 'web');
    assert.match(stage.ask(stage.lan, hostOnLan.ipv4, 8080), /^web saw/);
    await assert.rejects(start('second', 'app', { '80/tcp': [{ hostPort: '8080' }] }), { message: /^driver failed programming external connectivity on endpoint second \(\w{64}\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated$/ });
    assert.match(attachments.files(record).resolvConf, /^nameserver 127\.0\.0\.11$/m);
    assert.match(attachments.files(record).hosts, /^172\.18\.0\.2\tweb$/m);
  });

  it('remove() refuses a network in use, and a predefined one', async () => {
    await assert.rejects(verbs.remove('app'), { kind: 'forbidden', message: /^error while removing network: network app has active endpoints \(name:"web" id:"\w{12}"\)$/ });
    await assert.rejects(verbs.remove('bridge'), { kind: 'forbidden', message: 'bridge is a pre-defined network and cannot be removed' });
  });

  it('connect() and disconnect() change a container that runs, and its ports follow its gateway', async () => {
    await verbs.create(request('back'));
    await verbs.connect('back', 'web', { aliases: ['db'] });
    await assert.rejects(verbs.connect('back', 'web', {}), { kind: 'forbidden', message: 'endpoint with name web already exists in network back' });
    await verbs.disconnect('app', 'web', false);
    assert.deepEqual(Object.keys(containers.find('web').endpoints), ['back']);
    assert.match(stage.ask(stage.lan, hostOnLan.ipv4, 8080), /^web saw/);
    await assert.rejects(verbs.disconnect('app', 'web', false), { message: 'container web is not connected to network app' });
    await verbs.connect('app', 'web', {});
  });

  it('a new daemon makes the kernel look like the records', async () => {
    await restoreNetworks(deps);
    assert.match(stage.ask(stage.lan, hostOnLan.ipv4, 8080), /^web saw/);
  });

  it('prune() removes networks that no container names', async () => {
    await verbs.create(request('idle', { labels: { keep: 'no' } }));
    assert.deepEqual(await verbs.prune(new Map([['label!', ['keep']]])), []);
    const pruning = verbs.prune(new Map());
    await assert.rejects(verbs.prune(new Map()), { kind: 'conflict', message: 'a prune operation is already running' });
    assert.deepEqual(await pruning, ['idle']);
    assert.deepEqual(await verbs.prune(new Map()), []);
    await stop('web');
    assert.equal(stage.ask(stage.lan, hostOnLan.ipv4, 8080), 'ECONNREFUSED');
  });
});
