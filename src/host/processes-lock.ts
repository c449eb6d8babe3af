import { closeSync, openSync } from 'node:fs';
import { libc } from './ffi.ts';

const flock = libc.func('int flock(int fd, int operation)');
const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes a lock file for the life of this process (or until the descriptor is closed). Undefined when another process holds it. */
export function takeLockFile(path: string): number | undefined {
  const descriptor = openSync(path, 'a', 0o600);
  if ((flock(descriptor, LOCK_EX | LOCK_NB) as number) === 0) return descriptor;
  closeSync(descriptor);
  return undefined;
}
