import { chmodSync, closeSync, constants, copyFileSync, fchmodSync, fchownSync, fstatSync, lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { GantryError } from '../base/errors.ts';
import { decodeName } from '../base/file-names.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, chownAt, fileTypes, fsetXattr, futimes, getXattr, linkAt, listXattrs, mkdirAt, mknodAt, openAt, pathOf, readNames, setXattr, symlinkAt, utimesAt } from './files.ts';
import { copySparse } from './holes.ts';

/** Two open directories and what was copied between them. */
interface Walk {
  /** First copies of files with several names: the directory is open, or a path below the top, by device and inode. */
  links: Map<string, { parts: string[] }>;
  top: number;
}

/**
 * Copies what is in the directory open at `from` into the empty one open at `to`, as it is: owners, modes, times, extended attributes, hard
 * links, devices, links as links; the directory itself gets owner, mode and times of `from` too. Data is shared where the filesystem can (reflink).
 * Every step goes through an open directory and follows no link, so whoever changes either tree meanwhile cannot lead it elsewhere.
 * Synchronous: meant for workers.
 */
export function copyTree(from: number, to: number): void {
  copyEntries({ from, to, parts: [] }, { links: new Map(), top: to });
  copyAttributes(from, to);
}

interface Level { from: number; to: number; parts: string[] }

function copyEntries(level: Level, walk: Walk): void {
  for (const name of readNames(at(level.from))) copyEntry(level, name, walk);
}

function copyEntry(level: Level, name: string, walk: Walk): void {
  const stats = lstatSync(pathOf(at(level.from, name)), { bigint: true, throwIfNoEntry: false });
  // Gone meanwhile; and a socket belongs to the process that bound it: a copy would be a name without a meaning.
  if (stats === undefined || stats.isSocket()) return;
  if (stats.isDirectory()) return copyDirectory(level, name, walk);
  const key = `${stats.dev}:${stats.ino}`;
  const first = stats.nlink > 1n ? walk.links.get(key) : undefined;
  if (first !== undefined) return linkAgain(level, name, { walk, first: first.parts });
  if (stats.nlink > 1n) walk.links.set(key, { parts: [...level.parts, name] });
  if (stats.isFile()) return copyFile(level, name);
  if (stats.isSymbolicLink()) symlinkAt(decodeName(readlinkSync(pathOf(at(level.from, name)), { encoding: 'buffer' })), level.to, name);
  else mknodAt(level.to, name, typeOf(stats) | 0o600, stats.rdev);
  chownAt(level.to, name, { uid: Number(stats.uid), gid: Number(stats.gid) });
  copyXattrs(at(level.from, name), (attribute, value) => setXattr(at(level.to, name), attribute, value));
  if (!stats.isSymbolicLink()) chmodNode(level.to, name, stats);
  const { seconds, nanoseconds } = timeOf(stats);
  utimesAt(level.to, name, seconds, nanoseconds);
}

function copyDirectory({ from, to, parts }: Level, name: string, walk: Walk): void {
  mkdirAt(to, name, 0o700);
  using inner = opened(from, name, constants.O_RDONLY | O_DIRECTORY);
  using copy = opened(to, name, constants.O_RDONLY | O_DIRECTORY);
  copyEntries({ from: inner.fd, to: copy.fd, parts: [...parts, name] }, walk);
  copyAttributes(inner.fd, copy.fd);
}

function copyFile({ from, to }: Level, name: string): void {
  using source = opened(from, name, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  // What was opened may be another file than what was looked at.
  if (!fstatSync(source.fd).isFile()) return;
  using target = opened(to, name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  if (!copySparse(source.fd, target.fd)) copyFileSync(at(source.fd), at(target.fd), constants.COPYFILE_FICLONE);
  copyAttributes(source.fd, target.fd);
}

/** The first copy is reached step by step from the top: its name may have become a link. */
function linkAgain({ to }: Level, name: string, { walk, first }: { walk: Walk; first: string[] }): void {
  using held = new DisposableStack();
  let directory = walk.top;
  for (const part of first.slice(0, -1)) directory = held.use(opened(directory, part, O_PATH | O_DIRECTORY)).fd;
  linkAt(directory, first.at(-1) as string, to, name);
}

/** Owner, mode, times and extended attributes of what is open. The owner first: changing it clears setuid bits and file capabilities. */
export function copyAttributes(from: number, to: number): void {
  const stats = fstatSync(from, { bigint: true });
  fchownSync(to, Number(stats.uid), Number(stats.gid));
  copyXattrs(from, (name, value) => fsetXattr(to, name, value));
  fchmodSync(to, Number(stats.mode) & 0o7777);
  const { seconds, nanoseconds } = timeOf(stats);
  futimes(to, seconds, nanoseconds);
}

function copyXattrs(from: string | number, set: (name: string, value: Buffer) => void): void {
  for (const name of listXattrs(from)) {
    // Overlay's own marks mean something only in its layers.
    if (name.startsWith('trusted.overlay.')) continue;
    const value = getXattr(from, name);
    if (value !== undefined) set(name, value);
  }
}

/** Only what a descriptor holds is changed: the name may be a link by now. */
function chmodNode(directory: number, name: string, stats: BigIntStats): void {
  using node = opened(directory, name, O_PATH);
  const there = fstatSync(node.fd, { bigint: true });
  if ((there.mode & 0o170000n) !== (stats.mode & 0o170000n)) throw new GantryError('conflict', `${name} was replaced while it was being copied`);
  chmodSync(at(node.fd), Number(stats.mode) & 0o7777);
}

function opened(directory: number, name: string, flags: number, mode = 0): Disposable & { fd: number } {
  const fd = openAt(directory, name, flags | O_NOFOLLOW, mode);
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

function at(fd: number, name?: string): string {
  return name === undefined ? `/proc/self/fd/${fd}` : `/proc/self/fd/${fd}/${name}`;
}

function typeOf(stats: BigIntStats): number {
  if (stats.isFIFO()) return fileTypes.fifo;
  return stats.isBlockDevice() ? fileTypes.block : fileTypes.character;
}

function timeOf({ mtimeNs }: BigIntStats): { seconds: number; nanoseconds: number } {
  const nanoseconds = ((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((mtimeNs - nanoseconds) / 1_000_000_000n), nanoseconds: Number(nanoseconds) };
}
