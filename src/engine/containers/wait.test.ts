import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLocks } from '../../base/locks.ts';
import type { ContainerDeps } from './deps.ts';
import type { ContainerState } from './record.ts';
import { wait } from './wait.ts';
import { Waiters } from './waiters.ts';

const starting: ContainerState = { status: 'starting' };
const running: ContainerState = { status: 'running', pid: 7, startedAt: '' };
const failed: ContainerState = { status: 'exited', startedAt: '', finishedAt: '', exitCode: 127, oomKilled: false, error: 'not found' };

/** A container whose start holds its lock until `become` says what came of it. */
function room(): { deps: Pick<ContainerDeps, 'catalog' | 'locks' | 'waiters'>; become: (state: ContainerState) => Promise<void> } {
  let state = starting;
  const locks = new KeyedLocks();
  const { promise, resolve } = Promise.withResolvers<ContainerState>();
  const over = locks.run('c1', async () => { state = await promise; });
  const record = (): object => ({ id: 'c1', state });
  const deps = { catalog: { find: record, get: record }, locks, waiters: new Waiters() } as unknown as ContainerDeps;
  return { deps, become: (next) => (resolve(next), over) };
}

const restarting: ContainerState = { status: 'restarting', startedAt: '', finishedAt: '', exitCode: 1, attempt: 1 };

const never = new AbortController().signal;

test('wait() for a container that does not run ends with a start that fails', async () => {
  const { deps, become } = room();
  const { done } = await wait(deps, 'c1', 'not-running', never);
  await become(failed);
  assert.deepEqual(await done, { exitCode: 127, error: 'not found' });
});

test('wait() for a container that does not run goes on when its start has worked, until its exit', async () => {
  const { deps, become } = room();
  const { done } = await wait(deps, 'c1', 'not-running', never);
  await become(running);
  // Behind whoever looks at the outcome of the start.
  await deps.locks.run('c1', () => undefined);
  deps.waiters.exited('c1', { exitCode: 3 });
  assert.deepEqual(await done, { exitCode: 3 });
});

test('wait() for a container that does not run waits for the next exit of one in the pause between two runs', async () => {
  const { deps, become } = room();
  await become(restarting);
  const { done } = await wait(deps, 'c1', 'not-running', never);
  deps.waiters.exited('c1', { exitCode: 4 });
  assert.deepEqual(await done, { exitCode: 4 });
});
