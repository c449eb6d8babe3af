import { closeSync, fstatSync } from 'node:fs';
import { GantryError, errnoOf, messageOf } from '../../base/errors.ts';
import { readInside } from '../../host/inside-root.ts';
import { O_CLOEXEC, O_PATH, openAt2, resolve } from '../../host/files.ts';
import { publishEvent } from '../containers/publish-event.ts';
import { resolveUser } from '../containers/user.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { FileDeps } from './deps.ts';
import { asNotFound, cleanPath } from './locate.ts';
import { openRoot, type RootView } from './root-view.ts';
import type { FileVerbs } from './verbs.ts';

const maxIdentityBytes = 1 << 20;

export function writeVerb(deps: FileDeps): FileVerbs['write'] {
  return async (container, path, tar, options) => {
    const record = deps.catalog.find(container);
    await using root = await openRoot(deps, record);
    checkTarget(root, container, path);
    checkWritable(record, cleanPath(path));
    try {
      await deps.workers.extract({
        source: tar, directory: root.path, whiteouts: 'none', sync: false, signal: options.signal,
        into: cleanPath(path).split('/').filter((part) => part !== ''),
        ...(options.noOverwriteDirNonDir ? { keepKinds: true } : {}),
        ...(options.copyUidGid && record.config.user ? { owner: ownerOf(root, record) } : {}),
      });
    } catch (error) {
      if (errnoOf(error) === 'EROFS' || errnoOf((error as Error).cause) === 'EROFS') throw readOnly(record);
      throw error;
    }
    publishEvent(deps.events, record, 'extract-to-dir');
  };
}

function checkTarget(root: RootView, container: string, path: string): void {
  let fd: number;
  try {
    fd = openAt2(root.fd, cleanPath(path), O_PATH | O_CLOEXEC, resolve.inRoot | resolve.noMagicLinks);
  } catch (error) {
    throw asNotFound(error, container, path);
  }
  try {
    if (!fstatSync(fd).isDirectory()) throw new GantryError('invalid', 'extraction point is not a directory');
  } finally {
    closeSync(fd);
  }
}

/** Said before a byte is read; the kernel has the last word for what links lead to. */
function checkWritable(record: ContainerRecord, absolute: string): void {
  const mount = record.mounts.filter(({ destination }) => absolute === destination || absolute.startsWith(`${destination}/`)).sort((a, b) => b.destination.length - a.destination.length)[0];
  if (mount !== undefined && !mount.rw) throw new GantryError('invalid', 'mounted volume is marked read-only');
  if (mount === undefined && record.hostConfig.readonlyRootfs === true) throw readOnly(record);
}

function readOnly(record: ContainerRecord): GantryError {
  return new GantryError('invalid', record.hostConfig.readonlyRootfs === true ? 'container rootfs is marked read-only' : 'mounted volume is marked read-only');
}

/** @throws invalid when the container's user is unknown in its own files. */
function ownerOf(root: RootView, record: ContainerRecord): { uid: number; gid: number } {
  const file = (path: string): string => readInside(root.path, path, maxIdentityBytes) ?? '';
  try {
    const { uid, gid } = resolveUser({ user: record.config.user ?? '', groupAdd: [] }, { passwd: file('/etc/passwd'), group: file('/etc/group') });
    return { uid, gid };
  } catch (error) {
    throw new GantryError('invalid', `cannot tell the owner of copied files: ${messageOf(error)}`, { cause: error });
  }
}
