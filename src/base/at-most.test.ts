import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { atMost } from './at-most.ts';

test('atMost() ends with the work, also when that fails', async () => {
  assert.equal(await atMost(60_000, Promise.resolve()), undefined);
  assert.equal(await atMost(60_000, Promise.reject(new Error('failed'))), undefined);
});

test('atMost() ends when the time is up', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const waited = atMost(1000, new Promise(() => undefined));
  mock.timers.tick(1000);
  assert.equal(await waited, undefined);
  mock.timers.reset();
});
