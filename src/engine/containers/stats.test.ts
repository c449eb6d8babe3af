import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { Usage } from '../../runtime/stats/usage.ts';
import { GantryError } from '../../base/errors.ts';
import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';
import { StatsReaders } from './stats.ts';

const running = { id: 'c1', name: 'web', hostConfig: {}, state: { status: 'running', pid: 7, startedAt: '' } } as unknown as ContainerRecord;
const stopped = { ...running, state: { status: 'created' } } as ContainerRecord;
const never = new AbortController().signal;

function room(first = running) {
  let record: ContainerRecord | undefined = first;
  let reads = 0;
  const readers = new StatsReaders({
    catalog: {
      get: () => record,
      find: () => {
        if (record === undefined) throw new GantryError('notFound', 'No such container: web');
        return record;
      },
    },
    settings: { ownCgroup: '/g' } as ContainerDeps['settings'],
    readUsage: (): Usage => ({ cgroup: { reads: ++reads }, interfaces: {}, host: {} }) as unknown as Usage,
  });
  return { readers, become: (next: ContainerRecord | undefined) => { record = next; }, reads: () => reads };
}

const readsOf = (moment: { usage: Usage } | undefined): unknown => (moment?.usage.cgroup as { reads?: number } | undefined)?.reads;

test('once looks at once, and watches nothing', async () => {
  const { readers } = room();
  const samples = await Array.fromAsync(readers.stats('web', { mode: 'once', abort: never }));
  assert.deepEqual(samples.map(({ name, moment, previous }) => [name, readsOf(moment), previous]), [['web', 1, undefined]]);
  assert.equal(readers.watched, 0);
});

test('a pair gives one sample, with the look a second before', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const { readers } = room();
  const samples = Array.fromAsync(readers.stats('web', { mode: 'pair', abort: never }));
  await new Promise(setImmediate);
  mock.timers.tick(1000);
  assert.deepEqual((await samples).map(({ moment, previous }) => [readsOf(moment), readsOf(previous)]), [[2, 1]]);
  assert.equal(readers.watched, 0);
  mock.timers.reset();
});

test('a pair of a container that does not run is zeros without waiting', async () => {
  const samples = await Array.fromAsync(room(stopped).readers.stats('web', { mode: 'pair', abort: never }));
  assert.deepEqual(samples, [{ id: 'c1', name: 'web', moment: undefined, previous: undefined }]);
});

test('all streams of a container share one look a second; the last one to leave stops the clock', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const { readers, reads } = room();
  const abort = new AbortController();
  const streams = [1, 2, 3].map(() => readers.stats('web', { mode: 'stream', abort: abort.signal }));
  for (const stream of streams) await stream.next();
  const next = Promise.all(streams.map((stream) => stream.next()));
  await new Promise(setImmediate);
  const before = reads();
  mock.timers.tick(1000);
  const samples = await next;
  assert.equal(reads(), before + 1);
  assert.deepEqual(new Set(samples.map(({ value }) => readsOf(value.moment))), new Set([before + 1]));
  assert.equal(readers.watched, 1);
  const ends = Promise.all(streams.map((stream) => stream.next()));
  abort.abort();
  assert.deepEqual((await ends).map(({ done }) => done), [true, true, true]);
  assert.equal(readers.watched, 0);
  mock.timers.tick(5000);
  assert.equal(reads(), before + 1);
  mock.timers.reset();
});

test('a stream shows zeros while the container is stopped, and ends when it is removed', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const { readers, become } = room();
  const stream = readers.stats('web', { mode: 'stream', abort: never });
  assert.equal(readsOf((await stream.next()).value.moment), 1);
  become(stopped);
  const second = stream.next();
  await new Promise(setImmediate);
  mock.timers.tick(1000);
  assert.equal((await second).value.moment, undefined);
  become(undefined);
  const third = stream.next();
  await new Promise(setImmediate);
  mock.timers.tick(1000);
  assert.equal((await third).done, true);
  mock.timers.reset();
});

test('stats() refuses at once what is not there', () => {
  const { readers, become } = room();
  become(undefined);
  assert.throws(() => readers.stats('web', { mode: 'stream', abort: never }), { message: 'No such container: web' });
});
