import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { EndpointRequest } from '../../oci/container.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { openMetadata } from '../../store/metadata/sqlite.ts';
import { missingDefaults } from './default-networks.ts';
import { NetworkCatalog } from './network-catalog.ts';
import { networkModeOf, planEndpoints, settledEndpoints } from './plan-endpoints.ts';
import { wantedPorts } from './wanted-ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-plan-'));

describe('the plan of a container\'s networks', () => {
  const catalog = new NetworkCatalog(openMetadata(join(folder, 'db')));
  for (const record of missingDefaults([], { instanceId: 'i', usedSubnets: [], createdAt: '' })) catalog.save(record);
  const [bridge] = catalog.all();
  assert.ok(bridge);
  catalog.save({ ...bridge, id: 'feed1'.repeat(12), name: 'app' });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const plan = (networkMode: string | undefined, endpoints: Record<string, EndpointRequest> = {}, macAddress?: string) => planEndpoints(catalog, {
    containerId: 'c'.repeat(64), containerName: 'web', hostname: 'front', domainname: '', hostConfig: { networkMode }, exposedPorts: [], endpoints, macAddress,
  });

  for (const mode of [undefined, '', 'default', 'bridge']) {
    test(`mode ${JSON.stringify(mode)} is the default bridge`, () => assert.deepEqual(Object.keys(plan(mode)), ['bridge']));
  }
  test('a mode that joins another container has no endpoint', () => {
    assert.deepEqual(plan('container:abc'), {});
    assert.deepEqual(networkModeOf('container:abc'), { kind: 'container', container: 'abc' });
  });
  test('a network may be named by a prefix of its id', () => assert.deepEqual(Object.keys(plan('feed1')), ['app']));
  test('names on a user-defined network are the container\'s name, its aliases, its short id and its host name', () => {
    assert.deepEqual(plan('app', { app: { aliases: ['db', 'web'] } })['app']?.dnsNames, ['web', 'db', 'cccccccccccc', 'front']);
    assert.deepEqual(plan('bridge')['bridge']?.dnsNames, []);
  });
  test('the container\'s MAC address goes to its first network', () => {
    assert.equal(plan('app', { bridge: {}, app: {} }, '02:42:00:00:00:01')['app']?.macAddress, '02:42:00:00:00:01');
    assert.equal(plan('default', { app: {} }, '02:42:00:00:00:01')['app']?.macAddress, '02:42:00:00:00:01');
  });
  test('endpoints that are asked for are all there are', () => {
    for (const mode of [undefined, 'default', 'bridge', 'app']) assert.deepEqual(Object.keys(plan(mode, { app: {} })), ['app'], mode);
    assert.deepEqual(Object.keys(plan('default', { default: {} })), ['bridge']);
    assert.deepEqual(Object.keys(plan('default', { app: {}, bridge: {} })), ['app', 'bridge']);
  });

  test('a network that is not there is looked for again at the start', () => {
    const endpoints = plan('nope', { nope: { aliases: ['db'] } });
    assert.deepEqual([endpoints['nope']?.networkId, endpoints['nope']?.dnsNames], ['', []]);
    const record = { id: 'c'.repeat(64), name: 'web', config: { hostname: 'front' }, endpoints } as unknown as ContainerRecord;
    assert.throws(() => settledEndpoints(catalog, record), { kind: 'notFound', message: 'network nope not found' });
    catalog.save({ ...bridge, id: 'abcd1'.repeat(12), name: 'nope' });
    const gone = { ...endpoints['nope']!, networkId: 'dead'.repeat(16) };
    const settled = (endpoint: typeof gone): string | undefined => settledEndpoints(catalog, { ...record, endpoints: { nope: endpoint } })['nope']?.networkId;
    assert.deepEqual([settled(gone), settled({ ...gone, before: {} })], ['abcd1'.repeat(12), gone.networkId]);
    const { nope } = settledEndpoints(catalog, record);
    catalog.delete('abcd1'.repeat(12));
    assert.deepEqual([nope?.networkId, nope?.dnsNames], ['abcd1'.repeat(12), ['web', 'db', 'cccccccccccc', 'front']]);
  });

  const refused: [what: string, mode: string, endpoints: Record<string, EndpointRequest>, message: RegExp, kind?: string][] = [
    ['an address on the default bridge', 'bridge', { bridge: { ipamConfig: { ipv4Address: '172.17.0.9' } } }, /user defined networks only/],
    ['an alias on the default bridge', 'bridge', { bridge: { aliases: ['db'] } }, /network-scoped alias/],
    ['another network beside host', 'host', { app: {} }, /cannot be connected to any other network/],
    ['another network beside none', 'none', { app: {} }, /private \(none\) mode/],
    ['a broken MAC address', 'app', { app: { macAddress: '02:42' } }, /^invalid config for network app: invalid MAC address 02:42$/],
  ];
  for (const [what, mode, endpoints, message, kind = 'invalid'] of refused) {
    test(`refuses ${what}`, () => assert.throws(() => plan(mode, endpoints), { kind, message }));
  }
});

describe('wantedPorts()', () => {
  const ports = (hostConfig: object, exposed: string[] = []) =>
    wantedPorts({ hostConfig, config: { exposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])) } }, '').map((port) => [port.containerPort, port.protocol, port.range?.from]);

  test('an empty list of bindings is one ephemeral port', () => assert.deepEqual(ports({ portBindings: { '80/tcp': [] } }), [[80, 'tcp', undefined]]));
  test('exposed ports are published only when all are asked for, and not twice', () => {
    assert.deepEqual(ports({}, ['80/tcp']), []);
    assert.deepEqual(ports({ publishAllPorts: true, portBindings: { '80/tcp': [{ hostPort: '8080' }] } }, ['80/tcp', '53/udp']), [[80, 'tcp', 8080], [53, 'udp', undefined]]);
  });
  test('a range of exposed ports is each of them', () => {
    assert.deepEqual(ports({ publishAllPorts: true }, ['8000-8002/tcp']).map(([port]) => port), [8000, 8001, 8002]);
  });
});
