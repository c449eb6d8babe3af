import { findProgram } from './host-facts.ts';
import { runProgram } from '../host/run-program.ts';

/** Tells systemd (`Type=notify`) how the daemon is; does nothing elsewhere. Node has no datagram sockets in the unix family. */
export async function notifyService(state: 'READY=1' | 'STOPPING=1'): Promise<void> {
  if (process.env['NOTIFY_SOCKET'] === undefined) return;
  const program = findProgram('systemd-notify');
  if (program !== undefined) await runProgram(program, [`--pid=${process.pid}`, state], { env: process.env, timeoutMs: 5000 });
}
