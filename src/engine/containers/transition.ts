import { GantryError } from '../../base/errors.ts';
import type { ContainerRecord, ContainerState } from './record.ts';

/** What can happen to a container. Starting and stopping are long: each has an intent and an outcome. */
export type ContainerEvent = 'start' | 'started' | 'pause' | 'unpause' | 'exit' | 'backoff' | 'rename' | 'update' | 'remove' | 'exec';

type Status = ContainerState['status'];

/** How the wire says "never". */
export const zeroTime = '0001-01-01T00:00:00Z';

/** State → event → next. What is absent is refused. */
const table: Record<Status, Partial<Record<ContainerEvent, Status | 'gone'>>> = {
  created: { start: 'starting', rename: 'created', update: 'created', remove: 'gone' },
  starting: { started: 'running', exit: 'exited' },
  running: { pause: 'paused', exit: 'exited', backoff: 'restarting', rename: 'running', update: 'running', exec: 'running' },
  paused: { unpause: 'running', exit: 'exited', backoff: 'restarting', rename: 'paused', update: 'paused' },
  restarting: { start: 'starting', exit: 'exited', rename: 'restarting', update: 'restarting' },
  exited: { start: 'starting', rename: 'exited', update: 'exited', remove: 'gone' },
  dead: { remove: 'gone' },
};

/** The status after `event`. @throws with Docker's sentence and kind when the table has no such move. */
export function transition(record: ContainerRecord, event: ContainerEvent): Status | 'gone' {
  const next = table[record.state.status][event];
  if (next === undefined) throw refusal(record, event);
  if (record.removing && event === 'start') {
    throw new GantryError('conflict', 'container is marked for removal and cannot be started');
  }
  return next;
}

function refusal(record: ContainerRecord, event: ContainerEvent): GantryError {
  const { id, state: { status } } = record;
  switch (event) {
    case 'start':
      if (status === 'running' || status === 'starting') return new GantryError('notModified', 'container is already running');
      if (status === 'paused') return new GantryError('conflict', 'cannot start a paused container, try unpause instead');
      return new GantryError('conflict', 'container is marked for removal and cannot be started');
    case 'pause':
      if (status === 'paused') return new GantryError('conflict', `Container ${id} is already paused`);
      return status === 'restarting' ? restarting(id) : notRunning(id);
    case 'unpause':
      // Docker answers 500 here.
      return new GantryError('internal', `Container ${id} is not paused`);
    case 'exec':
      if (status === 'paused') return new GantryError('conflict', `Container ${id} is paused, unpause the container before exec`);
      return status === 'restarting' ? restarting(id) : notRunning(id);
    case 'remove':
      if (status === 'paused') return new GantryError('conflict', 'container is paused and must be unpaused first');
      return new GantryError('conflict', `container is ${dockerStatus(record.state)}: stop the container before removing or force remove`);
    default:
      return notRunning(id);
  }
}

export function notRunning(id: string): GantryError {
  return new GantryError('conflict', `container ${id} is not running`);
}

function restarting(id: string): GantryError {
  return new GantryError('conflict', `Container ${id} is restarting, wait until the container is running`);
}

/** The state that clients see: one that is about to start is still what it was, and one that could not start has never run. */
export function shownState(state: ContainerState): Exclude<ContainerState, { status: 'starting' }> {
  return state.status === 'starting' ? state.from ?? { status: 'created' } : state;
}

/** The word for it. */
export function dockerStatus(state: ContainerState): Exclude<ContainerState['status'], 'starting'> {
  const shown = shownState(state);
  return neverRan(shown) ? 'created' : shown.status;
}

/** Its start has failed, and there was none before. */
export function neverRan(state: ContainerState): boolean {
  return state.status === 'exited' && (state.startedAt === '' || state.startedAt === zeroTime);
}

/** Has processes of its own right now. */
export function isAlive(state: ContainerState): state is Extract<ContainerState, { status: 'running' | 'paused' }> {
  return state.status === 'running' || state.status === 'paused';
}
