import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';

/** Under the container's lock: ends the pause between two runs, and the container is simply stopped, which who waits for its end is told. False when it is not in such a pause. */
export function cancelRestart(deps: Pick<ContainerDeps, 'catalog' | 'restarts' | 'waiters'>, record: ContainerRecord): boolean {
  if (record.state.status !== 'restarting') return false;
  deps.restarts.cancel(record.id);
  const { startedAt, finishedAt, exitCode } = record.state;
  deps.catalog.save({ ...record, stoppedByHand: true, state: { status: 'exited', startedAt, finishedAt, exitCode, oomKilled: false, error: '' } }, { durable: true });
  deps.waiters.exited(record.id, { exitCode });
  return true;
}
