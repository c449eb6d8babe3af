import { join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { ExitReport } from '../../runtime/driver/runtime.ts';
import type { ContainerDeps } from './deps.ts';
import { publishEvent } from './publish-event.ts';
import type { ContainerRecord } from './record.ts';
import { removeLocked } from './remove.ts';
import { concernsBoot, nextDelayMs, shouldRestart } from './restart-policy.ts';
import { startLocked } from './start.ts';
import { removeBundle } from './bundle.ts';
import { isAlive } from './transition.ts';

/** A container's first process has ended: record → waiters → network → restart policy or automatic removal. */
export async function onExit(deps: ContainerDeps, exit: ExitReport): Promise<void> {
  await deps.locks.run(exit.id, async () => {
    const record = deps.catalog.get(exit.id);
    const isNews = record !== undefined && (isAlive(record.state) || record.state.status === 'starting');
    // What is not written down the monitor keeps for the next daemon.
    if (!isNews || await exitLocked(deps, record, exit)) await deps.runtime.release({ id: exit.id });
  });
}

/** Under the container's lock. @returns whether the exit is written down */
async function exitLocked(deps: ContainerDeps, record: ContainerRecord, exit: ExitReport): Promise<boolean> {
  const { exitCode, oomKilled, at: finishedAt } = exit;
  // The monitor may have seen the end before this daemon heard of the start.
  const startedAt = isAlive(record.state) && Date.parse(record.state.startedAt) < Date.parse(finishedAt) ? record.state.startedAt : finishedAt;
  const ranMs = Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
  deps.health.end(record.id);
  const restarts = shouldRestart(record.hostConfig.restartPolicy, { exitCode, restartCount: record.restartCount, stoppedByHand: record.stoppedByHand })
    && !deps.removals.has(record.id);
  const endpoints = await deps.networks.detach(record).catch((error: unknown) => {
    deps.log.warn('network of a container that ended could not be given back', { container: record.id, error: messageOf(error) });
    return record.endpoints;
  });
  tryToRemoveBundle(deps, record.id);
  const ended: ContainerRecord = {
    ...record,
    endpoints,
    restartCount: record.restartCount + (restarts ? 1 : 0),
    state: restarts
      ? { status: 'restarting', startedAt, finishedAt, exitCode, attempt: record.restartCount + 1 }
      : { status: 'exited', startedAt, finishedAt, exitCode, oomKilled, error: '' },
  };
  const unwritten = deps.catalog.learn(ended, { durable: !restarts && concernsBoot(record.hostConfig.restartPolicy) });
  if (unwritten !== undefined) deps.log.error('the end of a container could not be written down', { container: record.id, error: messageOf(unwritten) });
  if (oomKilled) publishEvent(deps.events, ended, 'oom');
  deps.networks.report(record, 'disconnect');
  await deps.staging.ended(ended).catch((error: unknown) => deps.log.warn('volumes of a container that ended could not be unmounted', { container: record.id, error: messageOf(error) }));
  publishEvent(deps.events, ended, 'die', { exitCode: String(exitCode), execDuration: String(Math.floor(ranMs / 1000)) });
  deps.waiters.exited(record.id, { exitCode });
  if (restarts) scheduleRestart(deps, record.id, nextDelayMs(deps.restarts.lastDelayMs(record.id), ranMs));
  else if (ended.hostConfig.autoRemove && !deps.removals.has(record.id) && !deps.restarting.has(record.id)) await removeLocked(deps, ended, { volumes: true });
  return unwritten === undefined;
}

/** The next start, or the next daemon, takes away what is left. */
function tryToRemoveBundle(deps: ContainerDeps, id: string): void {
  try {
    removeBundle(join(deps.settings.bundlesDirectory, id));
  } catch (error) {
    deps.log.warn('the bundle of a container that ended could not be removed', { container: id, error: messageOf(error) });
  }
}

/** Starts it again after the pause, unless somebody stops or removes it before. A start that fails ends the tries, as Docker's does. */
export function scheduleRestart(deps: ContainerDeps, id: string, delayMs: number): void {
  deps.restarts.schedule(id, delayMs, async () => {
    try {
      await deps.locks.run(id, async () => {
        if (deps.catalog.get(id)?.state.status === 'restarting' && !deps.removals.has(id)) await startLocked(deps, id, { byHand: false });
      });
    } catch (error) {
      deps.log.error('a container could not be started again', { container: id, error: messageOf(error) });
    }
  });
}
