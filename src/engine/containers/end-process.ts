import { longestTimerMs } from '../../base/clock.ts';
import { hasKind, messageOf } from '../../base/errors.ts';
import { cancelRestart } from './cancel-restart.ts';
import type { ContainerDeps } from './deps.ts';
import { thaw, wake } from './pause.ts';
import type { ContainerRecord } from './record.ts';
import { concernsBoot } from './restart-policy.ts';
import { SIGKILL } from './signals.ts';
import { isAlive } from './transition.ts';

export interface SignalTry { signal: number; patienceMs: number | 'forever' }

export interface EndOptions {
  /** What is tried before SIGKILL, one after the other, on a container that runs. */
  signals?: (record: ContainerRecord) => SignalTry[];
  /** Told of each signal that was sent. */
  onSignal?: (signal: number) => void;
}

/**
 * Ends the container's run, by hand, and waits until the exit is recorded; in the pause between two runs it ends the pause. What it finds, and what it
 * waits for, is settled under one lock: an exit before belongs to another run, and one after is not missed.
 * Undefined when there was nothing to end.
 */
export async function endProcess(deps: ContainerDeps, id: string, options: EndOptions): Promise<'ended' | 'cancelled' | undefined> {
  const found = await deps.locks.run(id, () => {
    const record = deps.catalog.get(id);
    if (record === undefined) return undefined;
    if (cancelRestart(deps, record)) return 'cancelled';
    if (!isAlive(record.state)) return undefined;
    const signals = options.signals?.(record) ?? [];
    if (!record.stoppedByHand) deps.catalog.save({ ...record, stoppedByHand: true }, { durable: concernsBoot(record.hostConfig.restartPolicy) });
    return { signals, ended: deps.waiters.add(id, 'next-exit', new AbortController().signal) };
  });
  if (found === undefined || found === 'cancelled') return found;
  const { signals, ended } = found;
  for (const { signal, patienceMs } of signals) {
    await send(deps, id, signal);
    options.onSignal?.(signal);
    await deps.locks.run(id, () => wake(deps, id));
    if (await within(ended, patienceMs)) return 'ended';
  }
  await send(deps, id, SIGKILL);
  // A frozen process dies only when it is thawed.
  const record = deps.catalog.get(id);
  if (record?.state.status === 'paused') await thaw(deps, record);
  options.onSignal?.(SIGKILL);
  await ended;
  return 'ended';
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
