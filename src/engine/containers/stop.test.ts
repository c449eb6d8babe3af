import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLocks } from '../../base/locks.ts';
import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';
import { endProcess } from './end-process.ts';
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

/** A container that runs, and whose end is told by `exit()`: its policy has it start again, unless somebody has stopped it. */
function crashing(): { deps: ContainerDeps; exit: () => Promise<void>; status: () => string; signalled: Promise<void> } {
  let record = running;
  const waiters = new Waiters();
  const locks = new KeyedLocks();
  const { promise: signalled, resolve } = Promise.withResolvers<void>();
  const catalog = { find: () => record, get: () => record, current: () => record, save: (next: ContainerRecord) => (record = next) };
  const runtime = { signal: (): Promise<void> => Promise.resolve(resolve()) };
  const deps = { catalog, locks, waiters, runtime, restarts: { cancel: () => true }, events: { publish: () => undefined }, settings: { stopTimeoutSeconds: 10 } };
  const exit = (): Promise<void> => locks.run('c1', () => {
    record = { ...record, state: { ...exited.state, status: record.stoppedByHand ? 'exited' : 'restarting' } } as ContainerRecord;
    waiters.exited('c1', { exitCode: 1 });
  });
  return { deps: deps as unknown as ContainerDeps, exit, status: () => record.state.status, signalled };
}

for (const moment of ['before', 'after'] as const) {
  test(`stop() holds for a container that crashes right ${moment} it is asked for`, async () => {
    const { deps, exit, status } = crashing();
    const first = moment === 'before' ? exit() : undefined;
    const stopped = stop(deps, 'web', {});
    await (first ?? exit());
    await stopped;
    assert.equal(status(), 'exited');
  });
}

test('stop() in the pause between two runs is an end to those who wait for one', async () => {
  const { deps, exit } = crashing();
  await exit();
  const waited = deps.waiters.add('c1', 'next-exit', new AbortController().signal);
  await stop(deps, 'web', {});
  assert.deepEqual(await waited, { exitCode: 0 });
});

test('endProcess() does not take the end of the run before for the end of this one', async () => {
  const { deps, exit, status, signalled } = crashing();
  const before = exit();
  const again = deps.locks.run('c1', () => deps.catalog.save(running, { durable: false }));
  const ended = endProcess(deps, 'c1', {}).then(() => status());
  await Promise.all([before, again, signalled]);
  await exit();
  assert.equal(await ended, 'exited');
});

test('stop() refuses a container that has ended meanwhile', async () => {
  const { deps, signals } = room();
  const over = { ...deps, locks: new KeyedLocks(), catalog: { ...deps.catalog, get: () => exited } } as unknown as ContainerDeps;
  await assert.rejects(stop(over, 'web', {}), { kind: 'notModified' });
  assert.deepEqual(signals, []);
});
