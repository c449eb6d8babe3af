import type { ContainerDeps } from './deps.ts';

/** Ends the pause between two runs: the container is then simply stopped. False when it is not in such a pause. */
export async function cancelRestart(deps: ContainerDeps, id: string): Promise<boolean> {
  return await deps.locks.run(id, () => {
    const record = deps.catalog.get(id);
    if (record?.state.status !== 'restarting') return false;
    deps.restarts.cancel(id);
    const { startedAt, finishedAt, exitCode } = record.state;
    deps.catalog.save({ ...record, stoppedByHand: true, state: { status: 'exited', startedAt, finishedAt, exitCode, oomKilled: false, error: '' } }, { durable: true });
    return true;
  });
}
