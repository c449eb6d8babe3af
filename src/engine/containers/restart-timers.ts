import type { RestartTimers } from './deps.ts';

/** Pauses before restarts: monotonic, and none keeps the daemon alive. */
export function createRestartTimers(): RestartTimers {
  const timers = new Map<string, NodeJS.Timeout>();
  const delays = new Map<string, number>();
  let isClosed = false;
  const cancel = (id: string): boolean => {
    clearTimeout(timers.get(id));
    return timers.delete(id);
  };
  return {
    schedule(id, delayMs, act) {
      cancel(id);
      // The record says that it is to start again: the next daemon sees to it.
      if (isClosed) return;
      delays.set(id, delayMs);
      timers.set(id, setTimeout(() => {
        timers.delete(id);
        void act();
      }, delayMs).unref());
    },
    cancel,
    lastDelayMs: (id) => delays.get(id) ?? 0,
    forget(id) {
      cancel(id);
      delays.delete(id);
    },
    close() {
      isClosed = true;
      for (const id of timers.keys()) cancel(id);
    },
  };
}
