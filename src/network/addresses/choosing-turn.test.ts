import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { inChoosingTurn } from './choosing-turn.ts';

test('inChoosingTurn() lets one choose at a time, and the next also when a choice fails', async () => {
  let choosing = 0;
  const outcomes = await Promise.allSettled([1, 2, 3].map((number) => inChoosingTurn(async () => {
    assert.equal(++choosing, 1);
    await setImmediate();
    choosing--;
    if (number === 1) throw new Error('no subnet is free');
    return number;
  })));
  assert.deepEqual(outcomes.map(({ status }) => status), ['rejected', 'fulfilled', 'fulfilled']);
});
