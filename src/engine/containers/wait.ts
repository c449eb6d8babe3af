import type { ContainerDeps } from './deps.ts';
import { isAlive } from './transition.ts';
import type { WaitCondition, WaitResult } from './waiters.ts';

/** Registers before it returns: an exit right afterwards is not missed. */
export async function wait(deps: ContainerDeps, container: string, condition: WaitCondition, abort: AbortSignal): Promise<{ done: Promise<WaitResult> }> {
  const record = deps.catalog.find(container);
  const { state } = record;
  if (condition === 'not-running' && !isAlive(state) && state.status !== 'starting') {
    return { done: Promise.resolve(resultOf(state)) };
  }
  const done = deps.waiters.add(record.id, condition, abort);
  // The caller may flush its headers before it looks at the promise.
  done.catch(() => undefined);
  return { done };
}

function resultOf(state: { status: string; exitCode?: number; error?: string }): WaitResult {
  return { exitCode: state.exitCode ?? 0, ...(state.error ? { error: state.error } : {}) };
}
