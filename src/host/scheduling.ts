import { setPriority } from 'node:os';
import { libc } from './ffi.ts';

const schedSetscheduler = libc.func('int sched_setscheduler(int pid, int policy, const void *param)');
const SCHED_OTHER = 0;
const SCHED_RR = 2;
const SCHED_RESET_ON_FORK = 0x4000_0000;
const greatestNiceness = -20;

/**
 * Lets a short-lived process of ours go before everything ordinary; what it starts is ordinary again. A control group may have no real time to
 * give: then it only gets the greater share. True when it is sure to go first.
 */
export function runFirst(pid: number): boolean {
  if (schedule(pid, SCHED_RR, 1)) return true;
  if (schedule(pid, SCHED_OTHER, 0)) {
    try {
      setPriority(pid, greatestNiceness);
    } catch {
      // Not allowed, or it has ended: it goes as all do.
    }
  }
  return false;
}

function schedule(pid: number, policy: number, priority: number): boolean {
  const param = Buffer.alloc(4);
  param.writeInt32LE(priority);
  return schedSetscheduler(pid, policy | SCHED_RESET_ON_FORK, param) === 0;
}
