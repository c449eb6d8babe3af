import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLocks } from './locks.ts';

test('run() goes one after the other with one key, also behind one that fails, and does not wait for another key', async () => {
  const locks = new KeyedLocks();
  const order: string[] = [];
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  const first = locks.run('a', () => over.then(() => { order.push('first'); throw new Error('failed'); }));
  const second = locks.run('a', () => order.push('second'));
  await locks.run('b', () => order.push('other'));
  finish();
  await assert.rejects(first, { message: 'failed' });
  await second;
  assert.deepEqual(order, ['other', 'first', 'second']);
});

test('idle() waits for those who wait, too, and for those who come meanwhile', async () => {
  const locks = new KeyedLocks();
  const order: string[] = [];
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  void locks.run('a', () => over);
  void locks.run('a', () => void locks.run('b', () => order.push('last')));
  const idle = locks.idle().then(() => order.push('idle'));
  finish();
  await idle;
  assert.deepEqual(order, ['last', 'idle']);
  await locks.idle();
});
