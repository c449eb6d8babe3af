import type { ContainerRecord } from '../../../engine/containers/record.ts';
import type { ContainerDetails, ContainerSummary } from '../../../engine/containers/verbs.ts';
import { dockerStatus, neverRan, shownState, zeroTime } from '../../../engine/containers/transition.ts';
import { humanDuration } from './duration.ts';

export type WireStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

/** Docker's one word for the state. */
export function wireStatus(record: ContainerRecord): WireStatus {
  const status = dockerStatus(record.state);
  if (status === 'running' || status === 'paused' || status === 'restarting') return status;
  return record.removing ? 'removing' : status;
}

/** `State` of inspect, with the flags that overlap: a paused or restarting container also counts as running. */
export function stateJson({ record, health }: Pick<ContainerDetails, 'record' | 'health'>): object {
  const state = shownState(record.state);
  const status = wireStatus(record);
  return {
    Status: status,
    Running: isRunning(status),
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: state.status === 'exited' && state.oomKilled,
    Dead: state.status === 'dead',
    Pid: 'pid' in state ? state.pid : 0,
    ExitCode: 'exitCode' in state ? state.exitCode : 0,
    Error: 'error' in state ? state.error : '',
    StartedAt: 'startedAt' in state && state.startedAt !== '' ? state.startedAt : zeroTime,
    FinishedAt: 'finishedAt' in state && state.finishedAt !== '' && !neverRan(state) ? state.finishedAt : zeroTime,
    ...(health !== undefined && { Health: healthJson(health) }),
  };
}

function healthJson({ status, failingStreak, log }: NonNullable<ContainerDetails['health']>): object {
  const entries = log.map(({ start, end, exitCode, output }) => ({ Start: start, End: end, ExitCode: exitCode, Output: output }));
  return { Status: status, FailingStreak: failingStreak, Log: entries };
}

/** Its network and processes exist now. */
export function isLive(record: ContainerRecord): boolean {
  return record.state.status === 'running' || record.state.status === 'paused';
}

/** The sentence of `docker ps`: "Up 5 minutes (healthy)", "Exited (0) 3 seconds ago". `nowMs` since the epoch. */
export function statusText({ record, health }: Pick<ContainerSummary, 'record' | 'health'>, nowMs: number): string {
  const state = shownState(record.state);
  const since = (time: string): string => humanDuration(nowMs - Date.parse(time));
  switch (state.status) {
    case 'running': return `Up ${since(state.startedAt)}${healthText(health)}`;
    case 'paused': return `Up ${since(state.startedAt)} (Paused)`;
    case 'restarting': return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    default: if (record.removing) return 'Removal In Progress';
  }
  if (state.status === 'dead') return 'Dead';
  if (state.status !== 'exited' || neverRan(state)) return 'Created';
  return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
}

function healthText(health: ContainerSummary['health']): string {
  if (health === undefined) return '';
  return health === 'starting' ? ' (health: starting)' : ` (${health})`;
}

function isRunning(status: WireStatus): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}
