import { join } from 'node:path';
import type { Target } from '../driver/runtime.ts';

/** Where monitor and daemon meet below the run directory of an instance. */
export const socketPath = (run: string): string => join(run, 'monitor.sock');
export const lockPath = (run: string): string => join(run, 'monitor.lock');
export const logPath = (run: string): string => join(run, 'monitor.log');
export const containersPath = (run: string): string => join(run, 'containers');
/** State of the OCI runtimes themselves, `--root`. */
export const runtimeRoot = (run: string, runtime: string): string => join(run, 'runtime', runtime.replace(/[^a-zA-Z0-9]+/g, '_'));
/** Short, because a UNIX socket's path holds 107 bytes. */
export const consolePath = (run: string, number: number): string => join(run, `tty-${number}.sock`);

export function targetPath(run: string, target: Target): string {
  const container = join(containersPath(run), target.id);
  return target.execId === undefined ? container : join(container, 'execs', target.execId);
}

/** The files that the monitor makes in a target's directory, and no others: the engine keeps its bundle there too. */
export const fileNames = {
  stdin: 'stdin', stdout: 'stdout', stderr: 'stderr', pid: 'pid', created: 'created.pid', runtimeLog: 'runtime.log',
  instance: 'instance.json', process: 'process.json', exit: 'exit.json',
} as const;
