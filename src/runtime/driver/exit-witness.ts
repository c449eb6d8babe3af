import { closeSync } from 'node:fs';
import { exitCodeOfPidfd, openPidfd } from '../../host/pidfd.ts';
import { targetKey } from '../monitor/protocol.ts';
import { ifDescriptorsAreLeft } from './descriptors-left.ts';
import type { ExitReport, Target } from './runtime.ts';

/**
 * Watches the processes beside the monitor, for the case that one ends while the monitor is dead: nobody is its parent then who could
 * tell its exit code, but the kernel tells it to whoever has held a pidfd. One descriptor a process.
 */
export class ExitWitness {
  readonly #pidfds = new Map<string, number>();

  /** Nothing when it has ended already, or when there are no descriptors left: the process runs all the same. */
  watch(target: Target, pid: number): void {
    const key = targetKey(target);
    if (this.#pidfds.has(key)) return;
    const pidfd = ifDescriptorsAreLeft(() => openPidfd(pid));
    if (pidfd !== undefined) this.#pidfds.set(key, pidfd);
  }

  /** The report, with the code that was seen instead of a guessed one; its process is watched no more. */
  testify(exit: ExitReport): ExitReport {
    const pidfd = this.#pidfds.get(targetKey(exit));
    if (pidfd === undefined) return exit;
    const { guessed, ...report } = exit;
    const exitCode = guessed === true ? exitCodeOfPidfd(pidfd) : undefined;
    this.forget(exit);
    return exitCode === undefined ? exit : { ...report, exitCode };
  }

  forget(target: Target): void {
    const pidfd = this.#pidfds.get(targetKey(target));
    if (pidfd !== undefined) closeSync(pidfd);
    this.#pidfds.delete(targetKey(target));
  }

  close(): void {
    for (const pidfd of this.#pidfds.values()) closeSync(pidfd);
    this.#pidfds.clear();
  }
}
