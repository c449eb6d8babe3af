import { closeSync, openSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { join, posix } from 'node:path';
import { errnoOf } from '../base/errors.ts';
import { HostError } from './ffi.ts';
import { O_CLOEXEC, O_DIRECTORY, O_PATH, openAt2, resolve } from './files.ts';

/** As many as the kernel follows. */
const maxLinks = 40;

/**
 * Where a path leads, absolute and as seen from `root`, also when its end is not there. For a tree that nobody changes meanwhile.
 * @throws HostError ELOOP for links without an end
 */
export function resolveInside(root: string, path: string): string {
  const clean = posix.join('/', path);
  if (isPlain(root, clean)) return clean;
  const left = clean.split('/');
  let reached: string[] = [];
  let links = 0;
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (name === '..') reached.pop();
    if (['', '.', '..'].includes(name)) continue;
    const target = targetOf(join(root, ...reached, name));
    if (target === undefined) {
      reached.push(name);
      continue;
    }
    if (++links > maxLinks) throw new HostError('open', constants.errno.ELOOP, path);
    if (target.startsWith('/')) reached = [];
    left.unshift(...target.split('/'));
  }
  return `/${reached.join('/')}`;
}

/** What nearly all paths are, told by one call: there, and without a link in them. */
function isPlain(root: string, path: string): boolean {
  const rootFd = openSync(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  try {
    closeSync(openAt2(rootFd, path, O_PATH, resolve.inRoot | resolve.noSymlinks));
    return true;
  } catch {
    return false;
  } finally {
    closeSync(rootFd);
  }
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (['EINVAL', 'ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
