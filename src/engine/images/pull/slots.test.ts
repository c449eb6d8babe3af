import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Slots } from './slots.ts';

const never = new AbortController().signal;
const quiet = (): void => undefined;

describe('Slots', () => {
  it('lets so many in, and the others in the order they came', async () => {
    const slots = new Slots(2);
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
    const slots = new Slots(1);
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
});
