import type { ContainerRecord } from '../engine/containers/record.ts';
import { shouldStartAtBoot } from '../engine/containers/restart-policy.ts';
import type { ExitReport, MonitorEntry } from '../runtime/driver/runtime.ts';

/** What a daemon that starts finds: its own records, and what the monitor, which never stopped, knows. */
export interface Observed {
  records: readonly ContainerRecord[];
  monitor: readonly MonitorEntry[];
  /** Whether the processes of a container are frozen. */
  isFrozen: (record: ContainerRecord) => boolean;
}

export type RestoreStep =
  /** It runs: the record learns so. */
  | { do: 'adopt'; id: string; pid: number; startedAt: string; paused: boolean }
  /** It ended while no daemon was there; the monitor's report is handled as any other. */
  | { do: 'exit'; exit: ExitReport }
  /** It was running and nobody knows how it ended: the host was restarted, or the monitor was killed with it. */
  | { do: 'lost'; id: string }
  /** A start was cut off before there was a process. */
  | { do: 'undoStart'; id: string }
  | { do: 'remove'; id: string; volumes: boolean }
  /** The pause before a restart was cut off. */
  | { do: 'resumeRestart'; id: string }
  | { do: 'start'; id: string }
  | { do: 'adoptExec'; id: string; execId: string; pid: number; exitCode: number | null }
  /** A process of a container that no record knows. */
  | { do: 'kill'; id: string };

/** Pure: what to do, in order. Records first learn the truth, then what is unfinished is finished, then policies start containers. */
export function planRestore({ records, monitor, isFrozen }: Observed): RestoreStep[] {
  const entries = new Map(monitor.filter((entry) => entry.execId === undefined).map((entry) => [entry.id, entry]));
  const known = new Set(records.map((record) => record.id));
  const truth: RestoreStep[] = [];
  const unfinished: RestoreStep[] = [];
  const starts: RestoreStep[] = [];
  for (const record of records) {
    const entry = entries.get(record.id);
    const step = truthOf(record, entry, isFrozen);
    if (step !== undefined) {
      truth.push(step);
      if (step.do === 'undoStart' && !record.removing && wantsStart(record, failedStart)) starts.push({ do: 'start', id: record.id });
    } else if (record.removing || (record.state.status === 'exited' && record.hostConfig.autoRemove)) unfinished.push({ do: 'remove', id: record.id, volumes: record.hostConfig.autoRemove ?? false });
    else if (record.state.status === 'restarting') unfinished.push({ do: 'resumeRestart', id: record.id });
    else if (startsAtBoot(record)) starts.push({ do: 'start', id: record.id });
  }
  for (const entry of monitor) {
    if (!known.has(entry.id)) {
      if (entry.execId === undefined) truth.push({ do: 'kill', id: entry.id });
    } else if (entry.execId !== undefined) {
      truth.push({ do: 'adoptExec', id: entry.id, execId: entry.execId, pid: entry.pid, exitCode: entry.exit?.exitCode ?? null });
    }
  }
  return [...truth, ...unfinished, ...starts];
}

function truthOf(record: ContainerRecord, entry: MonitorEntry | undefined, isFrozen: Observed['isFrozen']): RestoreStep | undefined {
  const { status } = record.state;
  const believedAlive = status === 'running' || status === 'paused' || status === 'starting';
  if (entry?.exit !== undefined) return believedAlive ? { do: 'exit', exit: entry.exit } : undefined;
  if (entry !== undefined) return { do: 'adopt', id: record.id, pid: entry.pid, startedAt: entry.startedAt, paused: isFrozen(record) };
  if (status === 'starting') return { do: 'undoStart', id: record.id };
  return believedAlive ? { do: 'lost', id: record.id } : undefined;
}

const failedStart = 128;

function wantsStart(record: ContainerRecord, exitCode: number): boolean {
  return shouldStartAtBoot(record.hostConfig.restartPolicy, { exitCode, restartCount: record.restartCount, stoppedByHand: record.stoppedByHand, neverRan: false });
}

function startsAtBoot(record: ContainerRecord): boolean {
  const { state } = record;
  if (state.status !== 'exited') return false;
  return wantsStart(record, state.exitCode);
}
