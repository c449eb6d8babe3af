import { closeSync, constants, statSync } from 'node:fs';
import { posix } from 'node:path';
import { errnoOf } from '../../../base/errors.ts';
import { O_NOFOLLOW, openAt } from '../../../host/files.ts';
import { makeDirectoryInside, withInside } from '../../../host/inside-root.ts';
import { resolveInside } from '../../../host/resolve-inside.ts';
import type { ResolvedMount } from '../../../runtime/spec/spec-input.ts';

/** The kernel's own, where nothing can be made beforehand. */
const covered = ['/proc', '/sys', '/dev'];
const root = { uid: 0, gid: 0 };

/**
 * Makes the places of mounts that are missing, as Docker's runtime does: 0755, of root. crun, left to it, makes directories that are sticky
 * and files that only root can read. A place below another mount is made in what is mounted there.
 */
export function makePlaces(rootfs: string, mounts: readonly ResolvedMount[]): void {
  const placed = mounts.map((mount) => ({ mount, place: resolveInside(rootfs, mount.target) }));
  for (const { mount, place } of placed) {
    if (covered.some((top) => isBelow(place, top))) continue;
    const over = placed.filter((other) => isBelow(place, other.place)).sort((a, b) => b.place.length - a.place.length)[0];
    if (over === undefined) makePlace(rootfs, place, isDirectory(mount));
    else if (over.mount.type === 'bind' && !over.mount.readOnly && over.mount.source !== undefined && isDirectory(over.mount)) {
      makePlace(over.mount.source, place.slice(over.place.length), isDirectory(mount));
    }
  }
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
