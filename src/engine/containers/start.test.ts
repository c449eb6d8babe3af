import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLocks } from '../../base/locks.ts';
import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';
import { start } from './start.ts';

test('start() refuses a container whose removal has begun, also when it has waited for its turn longer than that', async () => {
  const record = { id: 'c1', name: 'web', state: { status: 'exited', exitCode: 0 } } as unknown as ContainerRecord;
  const locks = new KeyedLocks();
  const removals = new Set<string>();
  const deps = { catalog: { find: () => record, current: () => record }, locks, removals } as unknown as ContainerDeps;
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  const before = locks.run('c1', () => over);
  const starting = start(deps, 'web');
  removals.add('c1');
  finish();
  await before;
  await assert.rejects(starting, { kind: 'conflict', message: 'container is marked for removal and cannot be started' });
});
