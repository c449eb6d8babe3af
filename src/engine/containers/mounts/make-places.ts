import { chmodSync, closeSync, constants, fstatSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { errnoOf } from '../../../base/errors.ts';
import { O_NOFOLLOW, openAt } from '../../../host/files.ts';
import { makeDirectoryInside, withInside } from '../../../host/inside-root.ts';
import { resolveInside } from '../../../host/resolve-inside.ts';
import type { ResolvedMount } from '../../../runtime/spec/spec-input.ts';

/** The kernel's own, where nothing can be made beforehand. */
const covered = ['/proc', '/sys', '/dev'];
const root = { uid: 0, gid: 0 };

/** A directory of the host's, and a path in it. */
interface Place { base: string; path: string }

/**
 * Makes the places of mounts that are missing, as Docker's runtime does: 0755, of root. crun, left to it, makes directories that are sticky
 * and files that only root can read. A place below another mount is made in what is mounted there. Answers with the mounts: a tmpfs
 * that was given no mode has that of the directory it covers.
 */
export function makePlaces(rootfs: string, mounts: readonly ResolvedMount[]): ResolvedMount[] {
  const placed = mounts.map((mount) => ({ mount, target: resolveInside(rootfs, mount.target) }));
  const placeOf = (target: string): Place | undefined => {
    if (covered.some((top) => isBelow(target, top))) return undefined;
    const over = placed.filter((other) => isBelow(target, other.target)).sort((a, b) => b.target.length - a.target.length)[0];
    if (over === undefined) return { base: rootfs, path: target };
    const { type, source, readOnly } = over.mount;
    return type === 'bind' && source !== undefined && !readOnly && isDirectory(over.mount) ? { base: source, path: target.slice(over.target.length) } : undefined;
  };
  return placed.map(({ mount, target }) => {
    const place = placeOf(target);
    return place === undefined ? mount : prepare(mount, place);
  });
}

function prepare(mount: ResolvedMount, { base, path }: Place): ResolvedMount {
  const there = withInside(base, path, (fd) => fstatSync(fd));
  const needsMode = mount.type === 'tmpfs' && !mount.options.some((option) => option.startsWith('mode='));
  if (there === undefined) {
    makePlace(base, path, isDirectory(mount));
    // So that the next start, which finds it, gives the tmpfs the same mode.
    if (needsMode) withInside(base, path, (fd) => chmodSync(`/proc/self/fd/${fd}`, 0o1777));
  }
  return needsMode && there?.isDirectory() === true ? { ...mount, options: [...mount.options, `mode=${(there.mode & 0o7777).toString(8)}`] } : mount;
}

/** Something else may stand there, or nothing can be made: whoever mounts tells. */
export function makePlace(base: string, path: string, directory: boolean): void {
  try {
    makeDirectoryInside(base, directory ? path : posix.dirname(path), root);
    if (!directory) withInside(base, posix.dirname(path), (parent) => makeFile(parent, posix.basename(path)));
  } catch (error) {
    if (!['ENOTDIR', 'EEXIST', 'ELOOP', 'EROFS'].includes(errnoOf(error) ?? '')) throw error;
  }
}

function makeFile(parent: number, name: string): void {
  closeSync(openAt(parent, name, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | O_NOFOLLOW, 0o755));
}

function isBelow(place: string, top: string): boolean {
  return place.startsWith(`${top}/`);
}

/** What is not there is told of by the runtime. */
function isDirectory({ type, source }: ResolvedMount): boolean {
  return type === 'tmpfs' || source === undefined || statSync(source, { throwIfNoEntry: false })?.isDirectory() !== false;
}
