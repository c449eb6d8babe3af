import type { RestartPolicy } from '../../oci/container.ts';
import { GantryError } from '../../base/errors.ts';

const firstDelayMs = 100;
const longestDelayMs = 60_000;
/** A run as long as this was a success: the next delay is the first one again. */
const settledRunMs = 10_000;

export interface EndedRun {
  exitCode: number;
  /** Restarts since the last start by hand. */
  restartCount: number;
  stoppedByHand: boolean;
}

/** Whether the policy starts the container again after a run that ended while the daemon was there. */
export function shouldRestart(policy: RestartPolicy | undefined, run: EndedRun): boolean {
  if (run.stoppedByHand) return false;
  switch (policy?.name) {
    case 'always': case 'unless-stopped': return true;
    case 'on-failure': {
      const most = policy.maximumRetryCount ?? 0;
      return run.exitCode !== 0 && (most === 0 || run.restartCount < most);
    }
    default: return false;
  }
}

/** Whether it is started when the daemon starts and finds it stopped. */
export function shouldStartAtBoot(policy: RestartPolicy | undefined, last: EndedRun & { neverRan: boolean }): boolean {
  if (last.neverRan) return false;
  if (policy?.name === 'always') return true;
  return shouldRestart(policy, last);
}

/** Whether what happened to the container decides about it after a reboot: then its record must be on the disk when that is answered. */
export function concernsBoot(policy: RestartPolicy | undefined): boolean {
  return !['', 'no'].includes(policy?.name ?? '');
}

/** The pause before the next start: doubled each time up to a minute, first again after a run of ten seconds. */
export function nextDelayMs(lastDelayMs: number, ranMs: number): number {
  if (lastDelayMs === 0 || ranMs >= settledRunMs) return firstDelayMs;
  return Math.min(lastDelayMs * 2, longestDelayMs);
}

/** What names no policy has none. @throws invalid with Docker's sentences. */
export function checkRestartPolicy(policy: RestartPolicy | undefined): void {
  const name = policy?.name || 'no';
  const retries = policy?.maximumRetryCount ?? 0;
  const invalid = (message: string): GantryError => new GantryError('invalid', `invalid restart policy: ${message}`);
  if (!['no', 'always', 'unless-stopped', 'on-failure'].includes(name)) {
    throw invalid(`unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`);
  }
  if (name !== 'on-failure' && retries !== 0) throw invalid(`maximum retry count can only be used with 'on-failure'${retries < 0 ? ' and cannot be negative' : ''}`);
  if (retries < 0) throw invalid('maximum retry count cannot be negative');
}
