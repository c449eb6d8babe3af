import { closeSync, openSync } from 'node:fs';
import { checked, libc } from './ffi.ts';

const fcntl = libc.func('fcntl', 'int', ['int', 'int', 'void *']);
const F_GETLK = 5;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** `struct flock` of 64-bit Linux: l_type at 0, l_pid at 24. */
const flockBytes = 32;
const pidOffset = 24;

/**
 * The process that holds a lock of fcntl(2) on a file, as apt and dpkg do; undefined when nobody does, or there is no such file.
 * 0 is one that this process cannot see.
 */
export function recordLockHolder(path: string): number | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r+');
  } catch {
    return undefined;
  }
  try {
    const lock = Buffer.alloc(flockBytes);
    lock.writeInt16LE(F_WRLCK);
    checked(fcntl(descriptor, F_GETLK, lock) as number, 'fcntl', path);
    return lock.readInt16LE() === F_UNLCK ? undefined : lock.readInt32LE(pidOffset);
  } finally {
    closeSync(descriptor);
  }
}
