import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { makeDirectoryInside, readInside } from '../../host/inside-root.ts';
import type { ResolvedMount } from '../../runtime/spec/spec-input.ts';
import { resolveUser, type ResolvedUser } from './user.ts';
import type { ContainerRecord } from './record.ts';
import type { ContainerVolumes } from './ports.ts';

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

/** Host paths of `-v` that are missing become directories, as Docker's do, and empty volumes get what the image has in their place. */
export function prepareMountSources(record: ContainerRecord, rootfs: string, volumes: Pick<ContainerVolumes, 'copyUp'>): void {
  for (const mount of record.mounts) {
    if (mount.type === 'bind') makeMissing(mount.source, record.hostConfig.binds ?? [], record.hostConfig.mounts ?? []);
    if (mount.type === 'volume') checkVolumeIsThere(mount.source);
    if (mount.copyUp) volumes.copyUp(mount.source, rootfs, mount.destination);
  }
}

/** What the spec gets. A file has nothing mounted below it: told to make that read-only too, crun takes it for a directory and fails. */
export function resolvedMounts(record: ContainerRecord): ResolvedMount[] {
  return record.mounts.map(({ resolved }) => (resolved.recursiveReadOnly && resolved.source !== undefined && !isDirectory(resolved.source) ? { ...resolved, recursiveReadOnly: false } : resolved));
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

type Requested = NonNullable<ContainerRecord['hostConfig']['mounts']>;

function makeMissing(source: string, binds: readonly string[], mounts: Requested): void {
  const strict = mounts.some((mount) => mount.type === 'bind' && mount.source === source && !mount.bindOptions?.createMountpoint)
    && !binds.some((bind) => bind.startsWith(`${source}:`));
  try {
    lstatSync(source);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    if (strict) throw new GantryError('invalid', `invalid mount config for type "bind": bind source path does not exist: ${source}`, { cause: error });
    mkdirSync(source, { recursive: true, mode: 0o755 });
  }
}

function checkVolumeIsThere(path: string): void {
  try {
    lstatSync(path);
  } catch (error) {
    throw new GantryError('internal', `the volume's directory ${path} is missing`, { cause: error });
  }
}
