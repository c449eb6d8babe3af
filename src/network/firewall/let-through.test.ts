import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letThrough } from './let-through.ts';

test('letThrough() names both directions', () => {
  assert.deepEqual(letThrough({ family: 'ip', table: 'filter', chain: 'FORWARD' }, 'gb-'), [
    'add rule ip filter FORWARD iifname "gb-*" accept', 'add rule ip filter FORWARD oifname "gb-*" accept',
  ]);
});
