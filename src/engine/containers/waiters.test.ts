import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Waiters } from './waiters.ts';

const never = new AbortController().signal;

test('Waiters tell an exit to those who wait for it, and a removal to all', async () => {
  const waiters = new Waiters();
  const exit = waiters.add('a', 'next-exit', never);
  const removal = waiters.add('a', 'removed', never);
  waiters.exited('a', { exitCode: 3 });
  assert.deepEqual(await exit, { exitCode: 3 });
  const late = waiters.add('a', 'not-running', never);
  waiters.removed('a', { exitCode: 4 });
  assert.deepEqual(await Promise.all([removal, late]), [{ exitCode: 4 }, { exitCode: 4 }]);
});

test('Waiters leave other containers alone and give up when aborted', async () => {
  const waiters = new Waiters();
  const controller = new AbortController();
  const mine = waiters.add('a', 'next-exit', controller.signal);
  waiters.exited('b', { exitCode: 0 });
  controller.abort(new Error('gone'));
  await assert.rejects(mine, { message: 'gone' });
});
