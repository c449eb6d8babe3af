import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { makeDirectoryInside, readInside } from '../../host/inside-root.ts';
import { cleanPath } from './mounts/parse-bind.ts';
import { resolveUser, type ResolvedUser } from './user.ts';
import type { ContainerRecord } from './record.ts';

/** Larger than the account files of any image that means well. */
const accountFileBytes = 8 * 1024 * 1024;
const kernelDirectories = ['dev', 'proc', 'sys'];

/**
 * Looks into a mounted root filesystem that somebody else filled, before the OCI runtime does: the places of the kernel's own filesystems
 * must be directories, not links that lead elsewhere.
 * @throws invalid
 */
export function checkRootfs(rootfs: string): void {
  for (const name of kernelDirectories) {
    try {
      if (!lstatSync(join(rootfs, name)).isDirectory()) {
        throw new GantryError('invalid', `/${name} in the image must be a directory, and it is not`);
      }
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}

export function userOf(rootfs: string, user: string, groupAdd: readonly string[]): ResolvedUser {
  return resolveUser({ user, groupAdd }, {
    passwd: readInside(rootfs, '/etc/passwd', accountFileBytes) ?? '',
    group: readInside(rootfs, '/etc/group', accountFileBytes) ?? '',
  });
}

/** @throws invalid with Docker's sentence when something else is in its place. */
export function makeWorkingDirectory(rootfs: string, path: string): void {
  if (path === '' || path === '/') return;
  try {
    makeDirectoryInside(rootfs, path, { uid: 0, gid: 0 });
  } catch (error) {
    if (!['ENOTDIR', 'EEXIST', 'ELOOP'].includes(errnoOf(error) ?? '')) throw error;
    throw new GantryError('invalid', `Cannot mkdir: ${path} is not a directory`, { cause: error });
  }
}

/** Host paths of `-v` that are missing become directories, as Docker's do. @throws invalid for those that `--mount` names */
export function makeBindSources(record: ContainerRecord): void {
  for (const mount of record.mounts) {
    if (mount.type === 'bind') makeMissing(mount.source, record.hostConfig.binds ?? [], record.hostConfig.mounts ?? []);
  }
}

type Requested = NonNullable<ContainerRecord['hostConfig']['mounts']>;

function makeMissing(source: string, binds: readonly string[], mounts: Requested): void {
  const strict = mounts.some((mount) => mount.type === 'bind' && cleanPath(mount.source ?? '') === source && !mount.bindOptions?.createMountpoint)
    && !binds.some((bind) => cleanPath(bind.split(':', 1)[0] as string) === source);
  try {
    statSync(source);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTDIR') throw new GantryError('internal', `stat ${source}: not a directory`, { cause });
    if (errnoOf(cause) !== 'ENOENT') throw cause;
    if (strict) throw new GantryError('invalid', `invalid mount config for type "bind": bind source path does not exist: ${source}`, { cause });
    makeSource(source);
  }
}

function makeSource(source: string): void {
  try {
    mkdirSync(source, { recursive: true, mode: 0o755 });
  } catch (cause) {
    // Of a link that leads nowhere mkdir(2) says that it is there.
    const why = errnoOf(cause) === 'ENOENT' ? 'file exists' : getSystemErrorMessage((cause as NodeJS.ErrnoException).errno ?? 0);
    throw new GantryError('internal', `error while creating mount source path '${source}': mkdir ${source}: ${why}`, { cause });
  }
}
