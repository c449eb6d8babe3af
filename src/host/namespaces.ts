import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { checked, libc } from './ffi.ts';

const setns = libc.func('int setns(int fd, int type)');
const unshare = libc.func('int unshare(int flags)');
const mount = libc.func('int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)');
const umount2 = libc.func('int umount2(const char *target, int flags)');

const cloneNewNet = 0x40000000;
const bind = 4096;
const detach = 2;
const ownNamespace = '/proc/thread-self/ns/net';

/**
 * Runs `act` in the network namespace at `path` and comes back. Only the calling thread moves, so `act` is synchronous: an await
 * in between would leave other work of the event loop in the wrong namespace. Descriptors opened inside stay there.
 */
export function withNetns<T>(path: string, act: () => T extends PromiseLike<unknown> ? never : T): T {
  const home = openSync(ownNamespace, 'r');
  try {
    const there = openSync(path, 'r');
    try {
      checked(setns(there, cloneNewNet), 'setns', path);
    } finally {
      closeSync(there);
    }
    try {
      return act();
    } finally {
      checked(setns(home, cloneNewNet), 'setns', 'back');
    }
  } finally {
    closeSync(home);
  }
}

/**
 * Makes a network namespace and binds it at `path` (a file that is made), runs `configure` inside and comes back. It costs the kernel about a
 * millisecond under the lock of all network configuration: call it from a worker.
 */
export function createNetns(path: string, configure: () => void = () => undefined): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, '', { flag: 'wx', mode: 0o400 });
  const home = openSync(ownNamespace, 'r');
  try {
    checked(unshare(cloneNewNet), 'unshare', 'net');
    try {
      checked(mount(ownNamespace, path, null, bind, null), 'mount', path);
      configure();
    } finally {
      checked(setns(home, cloneNewNet), 'setns', 'back');
    }
  } catch (error) {
    removeNetns(path);
    throw error;
  } finally {
    closeSync(home);
  }
}

/** Takes the name away; the kernel removes the namespace, and all links in it, on its own when nothing uses it any more. */
export function removeNetns(path: string): void {
  while (umount2(path, detach) === 0);
  rmSync(path, { force: true });
}
