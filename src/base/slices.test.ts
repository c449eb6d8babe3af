import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Slices } from './slices.ts';

describe('Slices', () => {
  it('let everybody else have a turn between two of them', async () => {
    let nowMs = 0;
    const slices = new Slices(() => nowMs);
    assert.equal(slices.isOver, false);
    nowMs = 8;
    assert.equal(slices.isOver, true);
    let others = 0;
    setImmediate(() => others++);
    await slices.next();
    assert.equal(others, 1);
    assert.equal(slices.isOver, false);
  });
});
