import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasKind } from '../../base/errors.ts';
import type { ContainerRecord, ContainerState } from './record.ts';
import { transition, type ContainerEvent } from './transition.ts';

const states: Record<ContainerState['status'], ContainerState> = {
  created: { status: 'created' },
  starting: { status: 'starting' },
  running: { status: 'running', pid: 7, startedAt: '' },
  paused: { status: 'paused', pid: 7, startedAt: '' },
  restarting: { status: 'restarting', startedAt: '', finishedAt: '', exitCode: 1, attempt: 1 },
  exited: { status: 'exited', startedAt: '', finishedAt: '', exitCode: 0, oomKilled: false, error: '' },
  dead: { status: 'dead', error: '' },
};
const inState = (status: ContainerState['status'], removing = false): ContainerRecord =>
  ({ id: 'abc', name: 'web', state: states[status], removing }) as ContainerRecord;

const moves: [ContainerState['status'], ContainerEvent, string][] = [
  ['created', 'start', 'starting'], ['exited', 'start', 'starting'], ['restarting', 'start', 'starting'],
  ['starting', 'started', 'running'], ['running', 'pause', 'paused'], ['paused', 'unpause', 'running'],
  ['running', 'exit', 'exited'], ['paused', 'exit', 'exited'], ['running', 'backoff', 'restarting'],
  ['created', 'remove', 'gone'], ['exited', 'remove', 'gone'], ['dead', 'remove', 'gone'],
];
for (const [from, event, to] of moves) {
  test(`transition() moves a ${from} container to ${to} on ${event}`, () => assert.equal(transition(inState(from), event), to));
}

const refusals: [ContainerState['status'], ContainerEvent, Parameters<typeof hasKind>[1], RegExp][] = [
  ['running', 'start', 'notModified', /^container is already running$/],
  ['paused', 'start', 'conflict', /^cannot start a paused container, try unpause instead$/],
  ['dead', 'start', 'conflict', /marked for removal/],
  ['exited', 'pause', 'conflict', /^container abc is not running$/],
  ['paused', 'pause', 'conflict', /^Container abc is already paused$/],
  ['restarting', 'pause', 'conflict', /^Container abc is restarting, wait until the container is running$/],
  ['running', 'unpause', 'internal', /^Container abc is not paused$/],
  ['paused', 'exec', 'conflict', /^Container abc is paused, unpause the container before exec$/],
  ['exited', 'exec', 'conflict', /^container abc is not running$/],
  ['running', 'remove', 'conflict', /^container is running: stop the container before removing or force remove$/],
  ['paused', 'remove', 'conflict', /container is paused and must be unpaused first$/],
];
for (const [from, event, kind, sentence] of refusals) {
  test(`transition() refuses to ${event} a ${from} container`, () => {
    assert.throws(() => transition(inState(from), event), (error: Error) => hasKind(error, kind) && sentence.test(error.message));
  });
}

test('transition() refuses to start a container that is being removed', () => {
  assert.throws(() => transition(inState('exited', true), 'start'), /marked for removal/);
});
