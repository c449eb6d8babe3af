import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { inChoosingTurn } from './choosing-turn.ts';

test('inChoosingTurn() lets one choose at a time, and the next also when a choice fails', async (t) => {
  // The engines of this host, which take turns too, are not waited for.
  const folder = mkdtempSync(join(tmpdir(), 'gantry-turns-'));
  t.after(() => rmSync(folder, { recursive: true }));
  let choosing = 0;
  const outcomes = await Promise.allSettled([1, 2, 3].map((number) => inChoosingTurn(async () => {
    assert.equal(++choosing, 1);
    await setImmediate();
    choosing--;
    if (number === 1) throw new Error('no subnet is free');
    return number;
  }, join(folder, 'turn.lock'))));
  assert.deepEqual(outcomes.map(({ status }) => status), ['rejected', 'fulfilled', 'fulfilled']);
});
