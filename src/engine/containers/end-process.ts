import { longestTimerMs } from '../../base/clock.ts';
import { hasKind, messageOf } from '../../base/errors.ts';
import type { ContainerDeps } from './deps.ts';
import { thaw, wake } from './pause.ts';
import { concernsBoot } from './restart-policy.ts';
import { SIGKILL } from './signals.ts';
import { isAlive } from './transition.ts';

export interface EndOptions {
  /** Tried in order, each with a patience; SIGKILL follows. */
  signals: { signal: number; patienceMs: number | 'forever' }[];
  stoppedByHand: boolean;
  /** Told of each signal that was sent. */
  onSignal?: (signal: number) => void;
}

/** Ends the container's processes and waits until the exit is recorded. False when it was not running. */
export async function endProcess(deps: ContainerDeps, id: string, options: EndOptions): Promise<boolean> {
  const exit = new AbortController();
  const ended = deps.waiters.add(id, 'next-exit', exit.signal);
  ended.catch(() => undefined);
  const alive = await deps.locks.run(id, () => {
    const record = deps.catalog.get(id);
    if (record === undefined || !isAlive(record.state)) return false;
    if (options.stoppedByHand !== record.stoppedByHand) deps.catalog.save({ ...record, stoppedByHand: options.stoppedByHand }, { durable: concernsBoot(record.hostConfig.restartPolicy) });
    return true;
  });
  if (!alive) {
    exit.abort();
    return false;
  }
  for (const { signal, patienceMs } of options.signals) {
    await send(deps, id, signal);
    options.onSignal?.(signal);
    await deps.locks.run(id, () => wake(deps, id));
    if (await within(ended, patienceMs)) return true;
  }
  await send(deps, id, SIGKILL);
  // A frozen process dies only when it is thawed.
  const record = deps.catalog.get(id);
  if (record?.state.status === 'paused') await thaw(deps, record);
  options.onSignal?.(SIGKILL);
  await ended;
  return true;
}

async function send(deps: ContainerDeps, id: string, signal: number): Promise<void> {
  try {
    await deps.runtime.signal({ id }, signal);
  } catch (error) {
    // It ended by itself: the exit is on its way.
    if (!hasKind(error, 'conflict') && !hasKind(error, 'notFound')) throw error;
    deps.log.debug('signal came too late', { container: id, error: messageOf(error) });
  }
}

async function within(ended: Promise<unknown>, patienceMs: number | 'forever'): Promise<boolean> {
  if (patienceMs === 'forever') return await ended.then(() => true);
  const { promise: over, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), Math.min(patienceMs, longestTimerMs));
  try {
    return await Promise.race([ended.then(() => true), over]);
  } finally {
    clearTimeout(timer);
  }
}
