import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Slots } from './slots.ts';

const never = new AbortController().signal;
const quiet = (): void => undefined;

describe('Slots', () => {
  it('lets so many in, and the others in the order they came', async () => {
    const slots = new Slots(() => 2);
    const order: string[] = [];
    const [first] = await Promise.all([slots.take(never, quiet), slots.take(never, quiet)]);
    const third = slots.take(never, () => order.push('third waits')).then((give) => { order.push('third'); return give; });
    const fourth = slots.take(never, () => order.push('fourth waits')).then(() => order.push('fourth'));
    first();
    first();
    (await third)();
    await fourth;
    assert.deepEqual(order, ['third waits', 'fourth waits', 'third', 'fourth']);
  });

  it('forgets who stops waiting', async () => {
    const slots = new Slots(() => 1);
    const give = await slots.take(never, quiet);
    const leaving = new AbortController();
    const left = slots.take(leaving.signal, quiet);
    const patient = slots.take(never, quiet);
    leaving.abort(new Error('gone'));
    await assert.rejects(left, /gone/);
    give();
    await patient;
    await assert.rejects(slots.take(leaving.signal, quiet), /gone/);
  });

  it('goes by the count of the moment, and keeps the order', async () => {
    let count = 1;
    const slots = new Slots(() => count);
    const order: number[] = [];
    const take = (number: number): Promise<() => void> => slots.take(never, quiet).then((give) => { order.push(number); return give; });
    const first = await take(1);
    const others = [take(2), take(3)] as const;
    count = 3;
    const fourth = take(4);
    const [second, third] = await Promise.all(others);
    assert.deepEqual(order, [1, 2, 3]);
    count = 1;
    for (const give of [first, second]) give();
    const fifth = take(5);
    third();
    (await fourth)();
    await fifth;
    assert.deepEqual(order, [1, 2, 3, 4, 5]);
  });
});
