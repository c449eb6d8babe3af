import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { Metadata } from '../../store/metadata/metadata.ts';
import { openMetadata } from '../../store/metadata/sqlite.ts';
import { LocalVolumes } from './local-volumes.ts';

let directory: string;
let metadata: Metadata;
let volumes: LocalVolumes;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gantry-local-'));
  metadata = openMetadata(':memory:');
  volumes = new LocalVolumes(metadata, directory);
});
afterEach(() => {
  metadata.close();
  rmSync(directory, { recursive: true });
});

const create = (name: string): string => {
  const prepared = volumes.prepare({ name });
  volumes.commit(prepared);
  writeFileSync(join(prepared.path, 'file'), name);
  return prepared.path;
};

test('prepare() makes a directory that others can pass and not list, with contents that they can read', () => {
  create('data');
  assert.deepEqual(['data', 'data/_data'].map((path) => statSync(join(directory, path)).mode & 0o777), [0o701, 0o755]);
});

test('prepare() gives an anonymous volume a name nobody has, and commit() remembers that it was made so', () => {
  const prepared = volumes.prepare({});
  volumes.commit(prepared);
  assert.match(prepared.volume.name, /^[0-9a-f]{64}$/);
  assert.equal(volumes.get(prepared.volume.name)?.anonymous, true);
});

test('prepare() refuses other options for a name that is taken, and takes none for "the same"', () => {
  volumes.commit(volumes.prepare({ name: 'memory', options: { type: 'tmpfs', device: 'tmpfs' } }));
  assert.equal(volumes.prepare({ name: 'memory' }).isNew, false);
  assert.equal(volumes.prepare({ name: 'memory', options: { device: 'tmpfs', type: 'tmpfs' } }).isNew, false);
  assert.throws(() => volumes.prepare({ name: 'memory', options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } }), { kind: 'conflict' });
});

test('discard() removes what was prepared, and nothing that is known', async () => {
  const fresh = volumes.prepare({ name: 'fresh' });
  const path = create('known');
  await volumes.discard(fresh);
  await volumes.discard({ ...volumes.prepare({ name: 'known' }), isNew: true });
  assert.ok(!existsSync(fresh.path) && existsSync(path));
});

test('make() shows a volume only when it is filled, and keeps its name from others meanwhile', async () => {
  const made = await volumes.make({ name: 'filled' }, async (path) => {
    assert.equal(volumes.get('filled'), undefined);
    assert.throws(() => volumes.prepare({ name: 'filled' }), /is being made/);
    writeFileSync(join(path, 'file'), 'x');
  });
  assert.deepEqual(volumes.get('filled'), made.volume);
  await assert.rejects(volumes.make({ name: 'filled' }, async () => assert.fail('it is taken')), { kind: 'conflict' });
});

test('make() leaves nothing when filling fails, and the name is free again', async () => {
  await assert.rejects(volumes.make({ name: 'broken' }, async () => { throw new Error('full'); }), /full/);
  assert.ok(!existsSync(join(directory, 'broken')));
  assert.ok(volumes.prepare({ name: 'broken' }).isNew);
});

test('rename() moves record and directory', () => {
  create('old');
  volumes.rename('old', 'new');
  assert.equal(volumes.get('old'), undefined);
  assert.equal(readFileSync(join(volumes.pathOf('new'), 'file'), 'utf8'), 'old');
  assert.throws(() => volumes.rename('new', 'x'), /too short/);
});

test('rename() refuses a name that is taken', () => {
  create('one');
  create('two');
  assert.throws(() => volumes.rename('one', 'two'), { kind: 'conflict' });
  assert.equal(readFileSync(join(volumes.pathOf('two'), 'file'), 'utf8'), 'two');
});

for (const [when, before] of [['before', () => {}], ['after', () => renameSync(join(directory, 'old'), join(directory, 'new'))]] as const) {
  test(`a rename that was cut off ${when} the directory moved is finished at the next start, and nothing is swept`, async () => {
    create('old');
    metadata.table('settings').put('volume-rename', { from: 'old', to: 'new' });
    before();
    volumes = new LocalVolumes(metadata, directory);
    await volumes.sweep();
    assert.equal(volumes.get('old'), undefined);
    assert.equal(readFileSync(join(volumes.pathOf('new'), 'file'), 'utf8'), 'old');
    assert.equal(metadata.table('settings').get('volume-rename'), undefined);
  });
}

test('sweep() removes directories that no record knows', async () => {
  const path = create('kept');
  mkdirSync(join(directory, 'stray/_data'), { recursive: true });
  await volumes.sweep();
  assert.ok(existsSync(path) && !existsSync(join(directory, 'stray')));
});
