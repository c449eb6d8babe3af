import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerRecord, ContainerState } from '../engine/containers/record.ts';
import type { MonitorEntry } from '../runtime/driver/runtime.ts';
import { planRestore } from './restore-plan.ts';

const running: ContainerState = { status: 'running', pid: 7, startedAt: 'then' };
const exited: ContainerState = { status: 'exited', startedAt: '', finishedAt: '', exitCode: 1, oomKilled: false, error: '' };
const record = (state: ContainerState, more: Partial<ContainerRecord> = {}): ContainerRecord =>
  ({ id: 'c', state, removing: false, restartCount: 0, stoppedByHand: false, hostConfig: {}, ...more }) as ContainerRecord;
const alive: MonitorEntry = { id: 'c', pid: 9, startedAt: 'now' };
const exit = { id: 'c', exitCode: 3, oomKilled: false, at: 'later' };

const cases: [string, ContainerRecord[], MonitorEntry[], object[]][] = [
  ['a running container goes on', [record(running)], [alive], [{ do: 'adopt', id: 'c', pid: 9, startedAt: 'now', paused: false }]],
  ['a start that was cut off after the process was there goes on', [record({ status: 'starting' })], [alive], [{ do: 'adopt', id: 'c', pid: 9, startedAt: 'now', paused: false }]],
  ['a start that was cut off before is undone', [record({ status: 'starting' })], [], [{ do: 'undoStart', id: 'c' }]],
  ['a start that was cut off is tried again where the policy wants it to run', [{ ...record({ status: 'starting' }), hostConfig: { restartPolicy: { name: 'always' } } }], [], [{ do: 'undoStart', id: 'c' }, { do: 'start', id: 'c' }]],
  ['an exit nobody saw is handled', [record(running)], [{ ...alive, exit }], [{ do: 'exit', exit }]],
  ['an exit that was recorded and not released is left alone', [record(exited)], [{ ...alive, exit }], []],
  ['a container the monitor does not know is lost', [record(running)], [], [{ do: 'lost', id: 'c' }]],
  ['a container that runs though the record says it ended is adopted', [record(exited)], [alive], [{ do: 'adopt', id: 'c', pid: 9, startedAt: 'now', paused: false }]],
  ['a removal is finished', [record(exited, { removing: true })], [], [{ do: 'remove', id: 'c', volumes: false }]],
  ['--rm is finished, with its volumes', [record(exited, { hostConfig: { autoRemove: true } })], [], [{ do: 'remove', id: 'c', volumes: true }]],
  ['a pause before a restart goes on', [record({ status: 'restarting', startedAt: '', finishedAt: '', exitCode: 1, attempt: 1 })], [], [{ do: 'resumeRestart', id: 'c' }]],
  ['a policy starts a stopped container', [record(exited, { hostConfig: { restartPolicy: { name: 'always' } } })], [], [{ do: 'start', id: 'c' }]],
  ['unless-stopped leaves what was stopped by hand', [record(exited, { stoppedByHand: true, hostConfig: { restartPolicy: { name: 'unless-stopped' } } })], [], []],
  ['a created container is left alone', [record({ status: 'created' }, { hostConfig: { restartPolicy: { name: 'always' } } })], [], []],
  ['a process without a record is killed', [], [alive], [{ do: 'kill', id: 'c' }]],
  ['an exec is adopted with its container', [record(running)], [alive, { ...alive, execId: 'e', pid: 11 }],
    [{ do: 'adopt', id: 'c', pid: 9, startedAt: 'now', paused: false }, { do: 'adoptExec', id: 'c', execId: 'e', pid: 11, exitCode: null }]],
];
for (const [title, records, monitor, expected] of cases) {
  test(`planRestore(): ${title}`, () => assert.deepEqual(planRestore({ records, monitor, isFrozen: () => false }), expected));
}

test('planRestore() believes the freezer, not the record', () => {
  assert.deepEqual(planRestore({ records: [record(running)], monitor: [alive], isFrozen: () => true }), [{ do: 'adopt', id: 'c', pid: 9, startedAt: 'now', paused: true }]);
});
