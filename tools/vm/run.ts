import { spawnSync } from 'node:child_process';

/** Runs a program to its end with its output on ours. @throws when it fails. */
export function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (error !== undefined) throw new Error(`${program} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`${program} failed with exit code ${status}`);
}
