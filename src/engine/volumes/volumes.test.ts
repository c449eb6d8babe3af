import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { KeyedLocks } from '../../base/locks.ts';
import { openMetadata } from '../../store/metadata/sqlite.ts';
import type { Metadata } from '../../store/metadata/metadata.ts';
import { ExtractionWorkers } from '../../store/snapshots/workers.ts';
import { createEventBus } from '../events/publish.ts';
import { LocalVolumes } from './local-volumes.ts';
import { VolumeMounts } from './volume-mounts.ts';
import type { VolumeVerbs } from './verbs.ts';
import { createVolumeVerbs } from './volumes.ts';

let directory: string;
let metadata: Metadata;
let volumes: LocalVolumes;
let verbs: VolumeVerbs;
const workers = new ExtractionWorkers(1);
let users: Record<string, string[]>;
const filter = (entries: Record<string, string[]>) => new Map(Object.entries(entries));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gantry-volumes-'));
  metadata = openMetadata(':memory:');
  volumes = new LocalVolumes(metadata, join(directory, 'volumes'));
  users = {};
  const mounts = new VolumeMounts({ find: (name) => volumes.get(name), pathOf: (name) => volumes.pathOf(name), isUsed: () => false });
  verbs = createVolumeVerbs({ volumes, mounts, workers, locks: new KeyedLocks(), events: createEventBus(() => 1n), usersOf: (name) => users[name] ?? [] });
});
afterEach(() => {
  metadata.close();
  rmSync(directory, { recursive: true });
});

test('create() makes a directory once, and gives an existing volume back', async () => {
  const made = await verbs.create({ name: 'data', labels: { a: 'b' } });
  assert.ok(existsSync(made.mountpoint));
  assert.deepEqual((await verbs.create({ name: 'data' })).volume, made.volume);
  assert.match((await verbs.create({})).volume.name, /^[0-9a-f]{64}$/);
});

const refused: [Parameters<VolumeVerbs['create']>[0], RegExp][] = [
  [{ name: '../x' }, /includes invalid characters for a local volume name/],
  [{ name: 'x' }, /volume name is too short/],
  [{ name: 'xx', driver: 'nfs' }, /plugin "nfs" not found/],
  [{ name: 'xx', options: { size: '1' } }, /^create xx: quota size requested but no quota support$/],
  [{ name: 'xx', options: { size: 'big' } }, /^create xx: invalid size: 'big'$/],
  [{ name: 'xx', options: { colour: 'red' } }, /^create xx: invalid option: "colour"$/],
  [{ name: 'xx', options: { type: 'tmpfs' } }, /^create xx: missing required option: "device"$/],
  [{ name: 'xx', options: { device: 'tmpfs' } }, /^create xx: missing required option: "type"$/],
];
for (const [request, message] of refused) {
  test(`create() refuses ${JSON.stringify(request)}, and leaves nothing`, async () => {
    await assert.rejects(verbs.create(request), { message });
    assert.deepEqual((await verbs.list(new Map())).volumes, []);
  });
}

test('remove() refuses a volume in use, and with force forgives one that is not there', async () => {
  const { mountpoint } = await verbs.create({ name: 'data' });
  users['data'] = ['c1'];
  await assert.rejects(verbs.remove('data', true), { message: 'remove data: volume is in use - [c1]' });
  users = {};
  await verbs.remove('data', false);
  assert.ok(!existsSync(mountpoint));
  await assert.rejects(verbs.remove('data', false), { message: 'get data: no such volume' });
  await verbs.remove('data', true);
});

test('list() filters by name, label and use, and measures when asked', async () => {
  const { mountpoint } = await verbs.create({ name: 'app-data', labels: { tier: 'db' } });
  await verbs.create({ name: 'cache' });
  users['cache'] = ['c1'];
  writeFileSync(join(mountpoint, 'file'), 'x'.repeat(1000));
  const names = async (filters: Record<string, string[]>) => (await verbs.list(filter(filters))).volumes.map(({ volume }) => volume.name);
  assert.deepEqual(await names({ name: ['data'] }), ['app-data']);
  assert.deepEqual(await names({ label: ['tier=db'] }), ['app-data']);
  assert.deepEqual(await names({ dangling: ['false'] }), ['cache']);
  await assert.rejects(names({ colour: ['red'] }), { message: "invalid filter 'colour'" });
  assert.deepEqual((await verbs.list(filter({ name: ['data'] }), { usage: true })).volumes[0]?.usage, { sizeBytes: 1000, refCount: 0 });
});

test('prune() takes unused anonymous volumes, and named ones when told', async () => {
  await verbs.create({ name: 'named' });
  const anonymous = (await verbs.create({})).volume.name;
  assert.deepEqual((await verbs.prune(new Map())).deleted, [anonymous]);
  assert.deepEqual((await verbs.prune(filter({ all: ['true'] }))).deleted, ['named']);
});

test('prune() passes over a volume with driver options, and its size is not counted', async () => {
  await verbs.create({ name: 'elsewhere', options: { type: 'nfs', device: ':/data', o: 'addr=192.0.2.1' } });
  assert.deepEqual((await verbs.prune(filter({ all: ['true'] }))).deleted, []);
  assert.deepEqual((await verbs.list(new Map(), { usage: true })).volumes, []);
  assert.deepEqual((await verbs.list(new Map())).volumes.map(({ volume }) => volume.name), ['elsewhere']);
});

test('sweep() removes directories that no record knows: a create that was cut off', async () => {
  await verbs.create({ name: 'kept' });
  volumes.prepare({ name: 'half-made' });
  mkdirSync(join(directory, 'volumes/stray/_data'), { recursive: true });
  await volumes.sweep();
  assert.ok(existsSync(volumes.pathOf('kept')));
  assert.ok(!existsSync(volumes.pathOf('half-made')) && !existsSync(volumes.pathOf('stray')));
});
