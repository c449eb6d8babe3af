import { parentOf, reapAll, type Reaped } from '../../host/processes.ts';

/**
 * Hands the exit codes of children to whoever waits for them. A process can end before its pid is known, when the OCI runtime has
 * started it but has not returned: while any start is in flight, exits that nobody waits for are kept.
 */
export class Reaper {
  readonly #waiting = new Map<number, (exitCode: number) => void>();
  readonly #unclaimed = new Map<number, number>();
  readonly #reapAll: () => Reaped[];
  #inFlight = 0;

  constructor(collect: () => Reaped[] = reapAll) {
    this.#reapAll = collect;
    process.on('SIGCHLD', () => this.reap());
  }

  reap(): void {
    for (const { pid, exitCode } of this.#reapAll()) {
      const listener = this.#waiting.get(pid);
      if (listener !== undefined) {
        this.#waiting.delete(pid);
        listener(exitCode);
      } else if (this.#inFlight > 0) {
        this.#unclaimed.set(pid, exitCode);
      }
    }
  }

  /** Runs `act`, during which processes may appear whose pids are not known yet. */
  async expecting<T>(act: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    try {
      return await act();
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#unclaimed.clear();
    }
  }

  /** Calls back once with the exit code, also when the process has ended already. */
  onExit(pid: number, listener: (exitCode: number) => void): void {
    const known = this.#unclaimed.get(pid);
    // Where there is no rest between starts, an exit may be kept for so long that its pid is another child's by now.
    if (known === undefined || parentOf(pid) === process.pid) {
      this.#unclaimed.delete(pid);
      this.#waiting.set(pid, listener);
      return;
    }
    this.#unclaimed.delete(pid);
    queueMicrotask(() => listener(known));
  }

  exitOf(pid: number): Promise<number> {
    return new Promise((resolve) => this.onExit(pid, resolve));
  }
}
