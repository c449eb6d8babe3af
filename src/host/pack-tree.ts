import { closeSync, constants, fstatSync, lstatSync, readlinkSync, readSync, type BigIntStats } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import { decodeName } from '../base/file-names.ts';
import { tarEnd, tarHeader, tarPadding, type TarOutput } from '../base/tar/encoder.ts';
import { getXattr, listXattrs, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, openAt, pathOf, readNames } from './files.ts';
import { dataFrom, zeros } from './holes.ts';

export interface PackRequest {
  /** An open directory, and the name in it of what is packed; `.` for the directory itself. */
  directory: number;
  entry: string;
  /** What the top is called in the archive: `etc`, or `.`; "" leaves the top out, its contents stand alone. */
  name: string;
  /** `layer`: overlay's whiteouts and opaque directories become a layer's markers. `none`: everything as it is. */
  whiteouts: 'layer' | 'none';
  signal?: AbortSignal;
}

const chunkBytes = 1 << 18;
const looks = 8;

/**
 * A tree as a tar, in the order of its names. Every step goes through an open directory and follows no link, so a container that
 * changes its files meanwhile cannot make this read a file outside the tree. A file that shrinks while it is read is filled with zeros.
 */
export async function* packTree(request: PackRequest): AsyncGenerator<Buffer> {
  const seen = new Map<string, string>();
  yield* packEntry({ directory: request.directory, entry: request.entry, name: request.name }, { ...request, seen });
  yield tarEnd();
}

interface Place { directory: number; entry: string; name: string }
interface Walk { whiteouts: 'layer' | 'none'; signal?: AbortSignal; /** First name of files that have several, by device and inode. */ seen: Map<string, string> }

/** What changes between two looks is looked at again, a few times; then it is left out, as what is gone. */
async function* packEntry(place: Place, walk: Walk): AsyncGenerator<Buffer> {
  for (let look = 0; look < looks; look++) if (yield* packAsSeen(place, walk)) return;
}

/** False, with nothing written, when it was another thing than a moment before. */
async function* packAsSeen(place: Place, walk: Walk): AsyncGenerator<Buffer, boolean> {
  walk.signal?.throwIfAborted();
  const path = pathOf(`/proc/self/fd/${place.directory}/${place.entry}`);
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || stat.isSocket()) return true;
  if (walk.whiteouts === 'layer' && stat.isCharacterDevice() && stat.rdev === 0n) {
    yield tarHeader({ ...described(stat), type: 'file', mode: 0, name: whiteoutName(place.name) });
    return true;
  }
  if (stat.isDirectory()) return yield* packDirectory(place, stat, walk);
  if (stat.isFile()) return yield* packFile(place, stat, walk);
  const base = { ...described(stat), name: place.name };
  if (stat.isSymbolicLink()) {
    const linkName = tryReadlink(path);
    if (linkName === undefined) return false;
    yield tarHeader({ ...base, type: 'symlink', mode: 0o777, linkName });
  } else if (stat.isFIFO()) yield tarHeader({ ...base, type: 'fifo' });
  else yield tarHeader({ ...base, type: stat.isBlockDevice() ? 'block' : 'character', ...deviceOf(stat.rdev) });
  return true;
}

/** The name of the root ends in the slash already. */
function below(name: string, child: string): string {
  return name === '' ? child : `${name === '/' ? '' : name}/${child}`;
}

async function* packDirectory(place: Place, stat: BigIntStats, walk: Walk): AsyncGenerator<Buffer, boolean> {
  const fd = tryOpen(place, O_DIRECTORY);
  if (fd === undefined) return false;
  try {
    const self = `/proc/self/fd/${fd}`;
    if (place.name !== '') yield tarHeader({ ...described(stat), name: below(place.name, ''), type: 'directory', ...xattrsOf(fd) });
    if (place.name !== '' && walk.whiteouts === 'layer' && getXattr(`${self}/.`, 'trusted.overlay.opaque')?.toString() === 'y') {
      yield tarHeader({ ...described(stat), type: 'file', mode: 0, name: `${place.name}/.wh..wh..opq` });
    }
    for (const child of readNames(self)) yield* packEntry({ directory: fd, entry: child, name: below(place.name, child) }, walk);
    return true;
  } finally {
    closeSync(fd);
  }
}

async function* packFile(place: Place, stat: BigIntStats, walk: Walk): AsyncGenerator<Buffer, boolean> {
  const key = `${stat.dev}:${stat.ino}`;
  const first = stat.nlink > 1n ? walk.seen.get(key) : undefined;
  if (first !== undefined) {
    yield tarHeader({ ...described(stat), name: place.name, type: 'link', linkName: first });
    return true;
  }
  const fd = tryOpen(place, constants.O_NONBLOCK | constants.O_NOCTTY);
  if (fd === undefined) return false;
  try {
    // What was opened may be another file than what was looked at.
    const open = fstatSync(fd, { bigint: true });
    if (!open.isFile()) return false;
    if (stat.nlink > 1n) walk.seen.set(key, place.name);
    const size = Number(open.size);
    yield tarHeader({ ...described(open), name: place.name, type: 'file', size, ...xattrsOf(fd) });
    yield* packData(fd, size, walk);
    yield tarPadding(size);
    return true;
  } finally {
    closeSync(fd);
  }
}

/** Holes are not read. A file that shrinks is filled up. */
function* packData(fd: number, size: number, walk: Walk): Generator<Buffer> {
  let run = { start: 0, end: 0 };
  for (let done = 0; done < size;) {
    walk.signal?.throwIfAborted();
    if (done >= run.end) run = dataFrom(fd, done, size) ?? { start: size, end: size };
    if (done < run.start) {
      const hole = zeros.subarray(0, Math.min(zeros.length, Math.min(run.start, size) - done));
      yield hole;
      done += hole.length;
      continue;
    }
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, Math.min(run.end, size) - done));
    const read = readSync(fd, chunk, 0, chunk.length, done);
    yield read === 0 ? chunk.fill(0) : chunk.subarray(0, read);
    done += read === 0 ? chunk.length : read;
  }
}

function tryOpen(place: Place, flags: number): number | undefined {
  try {
    return openAt(place.directory, place.entry, constants.O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

function tryReadlink(path: string | Buffer): string | undefined {
  try {
    return decodeName(readlinkSync(path, { encoding: 'buffer' }));
  } catch (error) {
    if (['ENOENT', 'EINVAL'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

function described(stat: BigIntStats): Omit<TarOutput, 'name'> {
  const seconds = stat.mtimeNs / 1_000_000_000n - (stat.mtimeNs < 0n && stat.mtimeNs % 1_000_000_000n !== 0n ? 1n : 0n);
  return {
    mode: Number(stat.mode) & 0o7777, uid: Number(stat.uid), gid: Number(stat.gid),
    mtime: { seconds: Number(seconds), nanoseconds: Number(stat.mtimeNs - seconds * 1_000_000_000n) },
  };
}

/** What an archive of files carries: capabilities and users' own attributes. The kernel's bookkeeping stays behind. */
function xattrsOf(fd: number): { xattrs?: Map<string, Uint8Array> } {
  const names = listXattrs(fd).filter((name) => name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.')));
  const xattrs = new Map(names.flatMap((name): [string, Uint8Array][] => {
    const value = getXattr(fd, name);
    return value === undefined ? [] : [[name, value]];
  }));
  return xattrs.size === 0 ? {} : { xattrs };
}

/** Linux's gnu_dev_major and gnu_dev_minor. */
function deviceOf(rdev: bigint): { deviceMajor: number; deviceMinor: number } {
  return {
    deviceMajor: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    deviceMinor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}

function whiteoutName(name: string): string {
  const slash = name.lastIndexOf('/') + 1;
  return `${name.slice(0, slash)}.wh.${name.slice(slash)}`;
}
