import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, chownAt, mkdirAt, openAt, openAt2, resolve } from './files.ts';

/**
 * Paths of a root filesystem that somebody else filled. The kernel resolves every link as if `root` were `/`: no name in it can
 * reach a file of the host. Nothing here blocks on FIFOs or devices.
 */
const rules = resolve.inRoot | resolve.noMagicLinks;

/** Runs `act` with a descriptor (O_PATH) of what `path` names; undefined when it is not there. */
export function withInside<T>(root: string, path: string, act: (fd: number) => T, flags: number = O_PATH): T | undefined {
  const rootFd = openSync(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  try {
    const fd = openAt2(rootFd, path, flags, rules);
    try {
      return act(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  } finally {
    closeSync(rootFd);
  }
}

/** Text of a regular file; undefined when it is absent, not a regular file, or larger than `maxBytes`. */
export function readInside(root: string, path: string, maxBytes: number): string | undefined {
  return withInside(root, path, (fd) => {
    const { size } = fstatSync(fd);
    if (!fstatSync(fd).isFile() || size > maxBytes) return undefined;
    const bytes = Buffer.alloc(size);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, size, 0));
  }, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
}

/** Makes a directory and its parents where they are missing. @throws HostError EEXIST/ENOTDIR when something else is in the way. */
export function makeDirectoryInside(root: string, path: string, owner: { uid: number; gid: number }, mode = 0o755): void {
  const rootFd = openSync(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  let at = openAt(AT_FDCWD, root, O_PATH | O_DIRECTORY);
  let reached = '';
  try {
    for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
      reached += `/${name}`;
      let next: number;
      try {
        next = openAt2(rootFd, reached, O_PATH | O_DIRECTORY, rules);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
        mkdirAt(at, name, mode);
        chownAt(at, name, owner);
        next = openAt2(rootFd, reached, O_PATH | O_DIRECTORY, rules);
      }
      closeSync(at);
      at = next;
    }
  } finally {
    closeSync(at);
    closeSync(rootFd);
  }
}
