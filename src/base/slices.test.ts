import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Slices } from './slices.ts';

describe('Slices', () => {
  it('let everybody else have a turn between two of them', async () => {
    const slices = new Slices();
    while (!slices.isOver) continue;
    let others = 0;
    setImmediate(() => others++);
    await slices.next();
    assert.equal(others, 1);
    assert.equal(slices.isOver, false);
  });
});
