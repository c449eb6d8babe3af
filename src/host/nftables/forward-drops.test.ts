import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardDrops } from './forward-drops.ts';
import type { Chain } from './socket.ts';

const chain = (more: Partial<Chain>): Chain => ({ family: 2, table: 'filter', name: 'FORWARD', hook: { number: 2, priority: 0, policy: 'drop' }, ...more });

test('forwardDrops() finds forward chains whose policy is drop, and no others', () => {
  const { hook: _none, ...loose } = chain({});
  const others = [chain({ hook: { number: 2, priority: 0, policy: 'accept' } }), chain({ hook: { number: 1, priority: 0, policy: 'drop' } }), loose, chain({ family: 3 })];
  assert.deepEqual(forwardDrops([chain({}), ...others, chain({ family: 1, table: 'own' })]), [
    { family: 'ip', table: 'filter', chain: 'FORWARD' }, { family: 'inet', table: 'own', chain: 'FORWARD' },
  ]);
});
