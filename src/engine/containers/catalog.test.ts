import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMetadata } from '../../store/metadata/sqlite.ts';
import { ContainerCatalog } from './catalog.ts';
import type { ContainerRecord } from './record.ts';

const record = { id: 'a'.repeat(64), name: 'made' } as ContainerRecord;
const failing = (): never => { throw new Error('the disk says no'); };

test('a container whose transaction fails is not known, and its name is free', () => {
  const metadata = openMetadata(':memory:');
  const catalog = new ContainerCatalog(metadata);
  assert.throws(() => metadata.transaction(() => (catalog.save(record, { durable: true }), failing()), { durable: true }), /the disk says no/);
  assert.deepEqual([catalog.all(), catalog.isNameTaken('made')], [[], false]);
});

test('learn() holds what has happened, also where it cannot be written', () => {
  const metadata = openMetadata(':memory:');
  const catalog = new ContainerCatalog(metadata);
  catalog.save(record, { durable: true });
  assert.equal(catalog.learn({ ...record, name: 'written' }, { durable: false }), undefined);
  metadata.close();
  assert.ok(catalog.learn({ ...record, name: 'held' }, { durable: false }) instanceof Error);
  assert.equal(catalog.find('held').id, record.id);
  assert.deepEqual([catalog.isNameTaken('made'), catalog.isNameTaken('written')], [false, false]);
});

test('a container whose removal fails is still there, under its name', () => {
  const metadata = openMetadata(':memory:');
  const catalog = new ContainerCatalog(metadata);
  catalog.save(record, { durable: true });
  assert.throws(() => metadata.transaction(() => (catalog.delete(record.id), failing()), { durable: true }), /the disk says no/);
  assert.equal(catalog.find('made'), record);
});
