import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkedId, linkNames } from './link-names.ts';
import type { ContainerRecord } from './record.ts';

const [db, cache] = ['a'.repeat(64), 'b'.repeat(64)];
const parent = (name: string, links?: string[]): ContainerRecord => ({ name, hostConfig: { links } }) as unknown as ContainerRecord;

test('linkedId() knows a container by the alias that another has for it', () => {
  assert.equal(linkedId(parent('web', [`${db}:sql`, `${cache}:fast`]), 'fast'), cache);
  assert.equal(linkedId(parent('web', [`${db}:sql`]), 'fast'), undefined);
  assert.equal(linkedId(parent('web'), 'sql'), undefined);
});

test('linkNames() has every name that others give to a container; links by name, of networks of one\'s own, give none', () => {
  const names = linkNames([parent('web', [`${db}:sql`, `${db}:store`]), parent('api', [`${db}:sql`, 'cache:fast']), parent('idle')]);
  assert.deepEqual([...names], [[db, ['web/sql', 'web/store', 'api/sql']]]);
});
