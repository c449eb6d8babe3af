import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineEvent } from './bus.ts';
import { createEventBus, matchesEvent } from './publish.ts';

const never = new AbortController().signal;
const none = new Map<string, string[]>();
const happening = (action: string, id = 'c1'): Omit<EngineEvent, 'scope' | 'timeNano'> =>
  ({ type: 'container', action, actor: { id, attributes: { name: 'web', image: 'nginx:1.25', tier: 'front' } } });

async function take(events: AsyncIterable<EngineEvent>, count: number): Promise<string[]> {
  const actions: string[] = [];
  for await (const event of events) if (actions.push(event.action) === count) break;
  return actions;
}

test('subscribe() hears what is published between the call and the first read', async () => {
  const bus = createEventBus(() => 1n);
  const events = bus.subscribe({ filters: none, abort: never });
  bus.publish(happening('create'));
  bus.publish(happening('start'));
  assert.deepEqual(await take(events, 2), ['create', 'start']);
  assert.equal(bus.listeners, 0);
});

test('subscribe() replays from `since` without a gap to what is live, and events never share a time', async () => {
  const bus = createEventBus(() => 5n);
  bus.publish(happening('create'));
  bus.publish(happening('start'));
  const events = bus.subscribe({ since: 6n, filters: none, abort: never });
  bus.publish(happening('die'));
  assert.deepEqual(await take(events, 2), ['start', 'die']);
});

test('subscribe() ends at `until` in the past and on abort', async () => {
  const bus = createEventBus(() => 100n);
  bus.publish(happening('create'));
  assert.deepEqual(await take(bus.subscribe({ since: 1n, until: 100n, filters: none, abort: never }), 9), ['create']);
  const controller = new AbortController();
  const live = take(bus.subscribe({ filters: none, abort: controller.signal }), 1);
  controller.abort();
  assert.deepEqual(await live, []);
});

const cases: [string, [string, string[]][], boolean][] = [
  ['its type', [['type', ['container']]], true], ['another type', [['type', ['image']]], false],
  ['one of two actions', [['event', ['die', 'start']]], true], ['the first word of an action', [['event', ['exec_create']]], false],
  ['its name', [['container', ['web']]], true], ['a prefix of its id', [['container', ['c']]], true], ['another name', [['container', ['db']]], false],
  ['its image without tag', [['image', ['nginx']]], true], ['another tag', [['image', ['nginx:2']]], false],
  ['a label', [['label', ['tier']]], true], ['all labels', [['label', ['tier=front', 'zone']]], false],
  ['two keys, one of which fails', [['type', ['container']], ['event', ['die']]], false],
];
for (const [title, filters, expected] of cases) {
  test(`matchesEvent() is ${expected} for ${title}`, () => {
    assert.equal(matchesEvent({ ...happening('start'), scope: 'local', timeNano: 0n }, new Map(filters)), expected);
  });
}
