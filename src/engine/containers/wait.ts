import type { ContainerDeps } from './deps.ts';
import type { ContainerState } from './record.ts';
import { isAlive } from './transition.ts';
import type { WaitCondition, WaitResult } from './waiters.ts';

/** Registers before it returns: an exit right afterwards is not missed. */
export async function wait(deps: Pick<ContainerDeps, 'catalog' | 'locks' | 'waiters'>, container: string, condition: WaitCondition, abort: AbortSignal): Promise<{ done: Promise<WaitResult> }> {
  const { id, state } = deps.catalog.find(container);
  if (condition === 'not-running' && isOver(state)) return { done: Promise.resolve(resultOf(state)) };
  const exit = deps.waiters.add(id, condition, abort);
  const done = condition === 'not-running' && state.status === 'starting' ? Promise.race([exit, failedStart(deps, id)]) : exit;
  // The caller may flush its headers before it looks at the promise.
  done.catch(() => undefined);
  return { done };
}

/** A start that is under way may fail, and is no exit then. Never resolves when it does not. */
async function failedStart(deps: Pick<ContainerDeps, 'catalog' | 'locks'>, id: string): Promise<WaitResult> {
  const state = await deps.locks.run(id, () => deps.catalog.get(id)?.state);
  return state !== undefined && isOver(state) ? resultOf(state) : await new Promise(() => undefined);
}

/** In the pause between two runs it is over neither: to Docker it runs. */
function isOver(state: ContainerState): boolean {
  return !isAlive(state) && state.status !== 'starting' && state.status !== 'restarting';
}

function resultOf(state: { status: string; exitCode?: number; error?: string }): WaitResult {
  return { exitCode: state.exitCode ?? 0, ...(state.error ? { error: state.error } : {}) };
}
