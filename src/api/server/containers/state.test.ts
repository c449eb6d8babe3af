import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerRecord, ContainerState } from '../../../engine/containers/record.ts';
import { humanDuration } from './duration.ts';
import { stateJson, statusText, wireStatus } from './state.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const durations: [milliseconds: number, text: string][] = [
  [0, 'Less than a second'], [999, 'Less than a second'], [second, '1 second'], [59 * second, '59 seconds'],
  [minute, 'About a minute'], [119 * second, 'About a minute'], [2 * minute, '2 minutes'], [59 * minute, '59 minutes'],
  [hour, 'About an hour'], [89 * minute, 'About an hour'], [90 * minute, '2 hours'], [47 * hour, '47 hours'], [2 * day, '2 days'],
  [13 * day, '13 days'], [14 * day, '2 weeks'], [59 * day, '8 weeks'], [60 * day, '2 months'], [729 * day, '24 months'], [730 * day, '2 years'],
];
for (const [milliseconds, text] of durations) {
  test(`humanDuration(${milliseconds}) is "${text}"`, () => assert.equal(humanDuration(milliseconds), text));
}

const startedAt = '2026-01-01T00:00:00.000000001Z';
const finishedAt = '2026-01-01T00:00:10.5Z';
const now = Date.parse('2026-01-01T00:05:10.6Z');

function record(state: ContainerState, removing = false): ContainerRecord {
  return { state, removing } as ContainerRecord;
}

const states: [state: ContainerState, removing: boolean, status: string, text: string, flags: string[]][] = [
  [{ status: 'created' }, false, 'created', 'Created', []],
  [{ status: 'starting' }, false, 'created', 'Created', []],
  [{ status: 'starting', from: { status: 'restarting', startedAt, finishedAt, exitCode: 2, attempt: 1 } }, false, 'restarting', 'Restarting (2) 5 minutes ago', ['Running', 'Restarting']],
  [{ status: 'starting', from: { status: 'exited', startedAt, finishedAt, exitCode: 3, oomKilled: false, error: '' } }, false, 'exited', 'Exited (3) 5 minutes ago', []],
  [{ status: 'running', pid: 7, startedAt }, false, 'running', 'Up 5 minutes', ['Running']],
  [{ status: 'running', pid: 7, startedAt }, true, 'running', 'Up 5 minutes', ['Running']],
  [{ status: 'paused', pid: 7, startedAt }, false, 'paused', 'Up 5 minutes (Paused)', ['Running', 'Paused']],
  [{ status: 'restarting', startedAt, finishedAt, exitCode: 2, attempt: 1 }, false, 'restarting', 'Restarting (2) 5 minutes ago', ['Running', 'Restarting']],
  [{ status: 'exited', startedAt, finishedAt, exitCode: 137, oomKilled: true, error: '' }, false, 'exited', 'Exited (137) 5 minutes ago', ['OOMKilled']],
  [{ status: 'exited', startedAt: '', finishedAt: '', exitCode: 127, oomKilled: false, error: 'no such file' }, false, 'created', 'Created', []],
  [{ status: 'exited', startedAt, finishedAt, exitCode: 0, oomKilled: false, error: '' }, true, 'removing', 'Removal In Progress', []],
  [{ status: 'dead', error: 'busy' }, false, 'dead', 'Dead', ['Dead']],
];
for (const [state, removing, status, text, flags] of states) {
  test(`a container that is ${JSON.stringify(state)}${removing ? ' and going' : ''} shows as ${status}, "${text}"`, () => {
    const json = stateJson({ record: record(state, removing) }) as Record<string, unknown>;
    assert.equal(wireStatus(record(state, removing)), status);
    assert.equal(statusText({ record: record(state, removing) }, now), text);
    assert.deepEqual(['Running', 'Paused', 'Restarting', 'OOMKilled', 'Dead'].filter((flag) => json[flag]), flags);
  });
}

test('a container that never started has the zero times', () => {
  assert.deepEqual(stateJson({ record: record({ status: 'created' }) }), {
    Status: 'created', Running: false, Paused: false, Restarting: false, OOMKilled: false, Dead: false, Pid: 0, ExitCode: 0, Error: '',
    StartedAt: '0001-01-01T00:00:00Z', FinishedAt: '0001-01-01T00:00:00Z',
  });
});

for (const [health, text] of [['starting', 'Up 5 minutes (health: starting)'], ['healthy', 'Up 5 minutes (healthy)'], ['unhealthy', 'Up 5 minutes (unhealthy)']] as const) {
  test(`a container that is ${health} says "${text}"`, () => {
    const running = record({ status: 'running', pid: 7, startedAt });
    assert.equal(statusText({ record: running, health }, now), text);
    const json = stateJson({ record: running, health: { status: health, failingStreak: 1, log: [{ start: startedAt, end: finishedAt, exitCode: 1, output: 'no' }] } });
    assert.deepEqual((json as { Health: unknown }).Health, { Status: health, FailingStreak: 1, Log: [{ Start: startedAt, End: finishedAt, ExitCode: 1, Output: 'no' }] });
  });
}
