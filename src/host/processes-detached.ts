import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** A program that goes on without us; as long as we are here we know whether it has ended. */
export interface Detached { hasEnded(): boolean }

/**
 * Starts a program in a session of its own that outlives us; its output is appended to `logFile` (0600). Resolves when it
 * runs. @throws the errno of a program that cannot be started
 */
export function spawnDetached(request: { command: string[]; logFile: string }): Promise<Detached> {
  const [program = '', ...args] = request.command;
  const log = openSync(request.logFile, 'a', 0o600);
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/', env: { PATH: process.env['PATH'] ?? '' } });
  closeSync(log);
  child.unref();
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve({ hasEnded: () => child.exitCode !== null || child.signalCode !== null }));
    child.once('error', reject);
  });
}
