export interface WaitResult { exitCode: number; error?: string }
export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** Those who wait for a container to end. They cost nothing until somebody waits. */
export class Waiters {
  readonly #exits = new Map<string, Set<(result: WaitResult) => void>>();
  readonly #removals = new Map<string, Set<(result: WaitResult) => void>>();

  /** Registers at once; the promise rejects with the reason of `abort`. */
  add(id: string, condition: WaitCondition, abort: AbortSignal): Promise<WaitResult> {
    const all = condition === 'removed' ? this.#removals : this.#exits;
    const { promise, resolve, reject } = Promise.withResolvers<WaitResult>();
    const mine = all.get(id) ?? new Set();
    all.set(id, mine.add(resolve));
    const onAbort = (): void => {
      mine.delete(resolve);
      if (mine.size === 0 && all.get(id) === mine) all.delete(id);
      reject(abort.reason);
    };
    if (abort.aborted) onAbort();
    else abort.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => abort.removeEventListener('abort', onAbort);
    promise.then(forget, forget);
    return promise;
  }

  exited(id: string, result: WaitResult): void {
    release(this.#exits, id, result);
  }

  removed(id: string, result: WaitResult): void {
    release(this.#exits, id, result);
    release(this.#removals, id, result);
  }
}

function release(all: Map<string, Set<(result: WaitResult) => void>>, id: string, result: WaitResult): void {
  const waiting = all.get(id);
  all.delete(id);
  for (const resolve of waiting ?? []) resolve(result);
}
