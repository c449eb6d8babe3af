import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignForwardDrops, letThrough } from './foreign-drops.ts';

const chain = (more: object) => ({ chain: { family: 'ip', table: 'filter', name: 'FORWARD', type: 'filter', hook: 'forward', prio: 0, policy: 'drop', ...more } });

test('foreignForwardDrops() finds forward chains whose policy is drop, and no others', () => {
  const listing = [
    { metainfo: {} }, chain({}), chain({ policy: 'accept' }), chain({ hook: 'input' }), chain({ hook: undefined, policy: undefined }), chain({ family: 'arp' }), chain({ family: 'inet', table: 'own' }),
  ];
  assert.deepEqual(foreignForwardDrops(listing), [{ family: 'ip', table: 'filter', chain: 'FORWARD' }, { family: 'inet', table: 'own', chain: 'FORWARD' }]);
});

test('letThrough() names both directions', () => {
  assert.deepEqual(letThrough({ family: 'ip', table: 'filter', chain: 'FORWARD' }, 'gb-'), [
    'add rule ip filter FORWARD iifname "gb-*" accept', 'add rule ip filter FORWARD oifname "gb-*" accept',
  ]);
});
