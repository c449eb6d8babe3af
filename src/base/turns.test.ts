import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.ts';

test('those who come at once go in their order, each in a turn of the event loop of its own', async () => {
  let turn = 0;
  let ticker: NodeJS.Immediate;
  const tick = (): void => {
    turn += 1;
    ticker = setImmediate(tick);
  };
  tick();
  const turns = new Turns();
  const seen = await Promise.all(['a', 'b', 'c'].map(async (name) => {
    await turns.take();
    return { name, turn };
  }));
  clearImmediate(ticker!);
  assert.deepEqual(seen.map(({ name }) => name), ['a', 'b', 'c']);
  assert.equal(new Set(seen.map(({ turn: its }) => its)).size, 3);
  assert.deepEqual(seen, seen.toSorted((one, other) => one.turn - other.turn));
});

test('a turn comes to those who ask later, too', async () => {
  const turns = new Turns();
  await turns.take();
  await turns.take();
});
