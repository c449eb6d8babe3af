import { libc } from './ffi.ts';

const schedSetscheduler = libc.func('int sched_setscheduler(int pid, int policy, const void *param)');
const SCHED_RR = 2;
const SCHED_RESET_ON_FORK = 0x4000_0000;

/**
 * Lets a short-lived process of ours go before everything ordinary; what it starts is ordinary again. Without the right to it, it stays as it is:
 * false then.
 */
export function runFirst(pid: number): boolean {
  const lowestPriority = Buffer.alloc(4);
  lowestPriority.writeInt32LE(1);
  return schedSetscheduler(pid, SCHED_RR | SCHED_RESET_ON_FORK, lowestPriority) === 0;
}
