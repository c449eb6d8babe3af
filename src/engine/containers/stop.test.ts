import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLocks } from '../../base/locks.ts';
import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';
import { restart } from './restart.ts';
import { stop } from './stop.ts';
import { Waiters } from './waiters.ts';

const starting = { id: 'c1', name: 'web', config: {}, hostConfig: {}, image: {}, state: { status: 'starting' } } as unknown as ContainerRecord;
const running = { ...starting, state: { status: 'running', pid: 7, startedAt: '' } } as ContainerRecord;
const exited = { ...starting, state: { status: 'exited', exitCode: 0 } } as ContainerRecord;

/** A container whose start holds its lock until `finish`, and which ends at the first signal. */
function room(): { deps: ContainerDeps; signals: number[]; finish: () => void } {
  let record = starting;
  const signals: number[] = [];
  const waiters = new Waiters();
  const locks = new KeyedLocks();
  const catalog = { find: () => record, get: () => record, current: () => record, save: (next: ContainerRecord) => (record = next) };
  const signal = (_: unknown, number: number): Promise<void> => {
    signals.push(number);
    catalog.save(exited);
    waiters.exited('c1', { exitCode: 0 });
    return Promise.resolve();
  };
  const deps = { catalog, locks, waiters, restarting: new Set(), runtime: { signal }, events: { publish: () => undefined }, settings: { stopTimeoutSeconds: 10 } };
  const { promise: started, resolve: finish } = Promise.withResolvers<void>();
  void locks.run('c1', () => started.then(() => { catalog.save(running); }));
  return { deps: deps as unknown as ContainerDeps, signals, finish };
}

test('stop() waits for a start that is under way, and stops what it made', async () => {
  const { deps, signals, finish } = room();
  const stopped = stop(deps, 'web', {});
  finish();
  await stopped;
  assert.deepEqual(signals, [15]);
});

test('restart() waits for a start that is under way, and ends that run first', async () => {
  const { deps, signals, finish } = room();
  // What starts it again is more than this room has: whether the run was ended is the question.
  const restarted = restart(deps, 'web', {}).catch(() => undefined);
  finish();
  await restarted;
  assert.deepEqual(signals, [15]);
});

test('stop() refuses a container that has ended meanwhile', async () => {
  const { deps, signals } = room();
  const over = { ...deps, locks: new KeyedLocks(), catalog: { ...deps.catalog, get: () => exited } } as unknown as ContainerDeps;
  await assert.rejects(stop(over, 'web', {}), { kind: 'notModified' });
  assert.deepEqual(signals, []);
});
