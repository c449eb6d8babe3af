import { closeSync, constants, copyFileSync, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_PATH, chmodAt, chownAt, fileTypes, getXattr, linkAt, listXattrs, mkdirAt, mknodAt, openAt, setXattr, symlinkAt, utimesAt } from './files.ts';

/**
 * Copies what is in directory `from` into the empty directory `to`, as it is: owners, modes, times, extended attributes, hard links, devices,
 * links as links. Follows no link. The directory itself gets owner and mode of `from` too. Synchronous: meant for small trees and workers.
 */
export function copyTree(from: string, to: string): void {
  const links = new Map<string, string>();
  copyEntries(from, to, links);
  copyAttributes(from, to, lstatSync(from));
}

function copyEntries(from: string, to: string, links: Map<string, string>): void {
  for (const name of readdirSync(from)) copyEntry(`${from}/${name}`, `${to}/${name}`, links);
}

function copyEntry(from: string, to: string, links: Map<string, string>): void {
  const stats = lstatSync(from);
  if (!stats.isDirectory() && stats.nlink > 1) {
    const first = links.get(`${stats.dev}:${stats.ino}`);
    if (first !== undefined) {
      linkAt(AT_FDCWD, first, AT_FDCWD, to);
      return;
    }
    links.set(`${stats.dev}:${stats.ino}`, to);
  }
  if (stats.isDirectory()) {
    mkdirAt(AT_FDCWD, to, 0o700);
    copyEntries(from, to, links);
  } else if (stats.isSymbolicLink()) symlinkAt(readlinkSync(from), AT_FDCWD, to);
  else if (stats.isFile()) copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  // A socket belongs to the process that bound it: a copy would be a name without a meaning.
  else if (stats.isSocket()) return;
  else mknodAt(AT_FDCWD, to, typeOf(stats) | (stats.mode & 0o7777), BigInt(stats.rdev));
  copyAttributes(from, to, stats);
}

function typeOf(stats: Stats): number {
  if (stats.isFIFO()) return fileTypes.fifo;
  return stats.isBlockDevice() ? fileTypes.block : fileTypes.character;
}

/** The owner first: changing it clears setuid bits and file capabilities. */
function copyAttributes(from: string, to: string, stats: Stats): void {
  chownAt(AT_FDCWD, to, stats);
  for (const name of listXattrs(from)) {
    // Overlay's own marks mean something only in its layers.
    if (name.startsWith('trusted.overlay.')) continue;
    const value = getXattr(from, name);
    if (value !== undefined) setXattr(to, name, value);
  }
  if (stats.isSymbolicLink()) {
    utimesAt(AT_FDCWD, to, Math.floor(stats.mtimeMs / 1000), 0);
    return;
  }
  chmodAt(AT_FDCWD, to, stats.mode & 0o7777);
  utimesAt(AT_FDCWD, to, Math.floor(stats.mtimeMs / 1000), Math.floor((stats.mtimeMs % 1000) * 1e6));
}

/** True for a directory without entries. Does not follow a link at its end. */
export function isEmptyDirectory(path: string): boolean {
  const fd = openAt(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    return readdirSync(`/proc/self/fd/${fd}`).length === 0;
  } finally {
    closeSync(fd);
  }
}
