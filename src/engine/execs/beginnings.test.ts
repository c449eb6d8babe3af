import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Beginnings } from './beginnings.ts';

test('wait() is told of its own exec, with all others who wait for it', async () => {
  const beginnings = new Beginnings();
  const waits = [beginnings.wait('a', 60_000), beginnings.wait('a', 60_000)];
  beginnings.begun('b');
  beginnings.begun('a');
  assert.deepEqual(await Promise.all(waits), [true, true]);
});

test('wait() gives up after its patience, and another one may begin', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const beginnings = new Beginnings();
  const first = beginnings.wait('a', 10_000);
  mock.timers.tick(10_000);
  assert.equal(await first, false);
  const second = beginnings.wait('a', 10_000);
  beginnings.begun('a');
  assert.equal(await second, true);
  mock.timers.reset();
});
