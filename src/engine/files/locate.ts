import { closeSync, fstatSync, lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { posix } from 'node:path';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { O_CLOEXEC, O_DIRECTORY, O_PATH, openAt2, resolve } from '../../host/files.ts';
import type { RootView } from './root-view.ts';
import type { PathStat } from './verbs.ts';

const rules = resolve.inRoot | resolve.noMagicLinks;

/** A file of a container: the directory that holds it, open, and its name there. */
export interface Located extends Disposable {
  directory: number;
  entry: string;
  /** The path it was found by, absolute and clean. */
  path: string;
  /** What people call it: the last part of the path as given. */
  name: string;
  stat: BigIntStats;
}

/** A path of a container's as Docker reads it: absolute, `..` and doubled slashes resolved by its text. */
export function cleanPath(path: string): string {
  return posix.normalize(`/${path}`).replace(/(.)\/$/, '$1');
}

/**
 * Finds what a path names. The last part is followed only when the path ends in a slash or a dot, as with lstat(2).
 * `container` is how the client calls it. @throws notFound with Docker's sentence
 */
export function locate(root: RootView, container: string, path: string): Located {
  const clean = cleanPath(path);
  const whole = clean === '/' || /(?:^|\/)\.?$/.test(path);
  const [parent, entry] = whole ? [clean, '.'] : [posix.dirname(clean), posix.basename(clean)];
  const name = /(?:^|\/)\.$/.test(path) ? '.' : posix.basename(clean) || '/';
  try {
    const directory = openAt2(root.fd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC, rules);
    try {
      return { directory, entry, path: clean, name, stat: statOf(directory, entry), [Symbol.dispose]: () => closeSync(directory) };
    } catch (error) {
      closeSync(directory);
      throw error;
    }
  } catch (error) {
    throw asNotFound(error, container, path);
  }
}

export function asNotFound(error: unknown, container: string, path: string): unknown {
  if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return error;
  return new GantryError('notFound', `Could not find the file ${path} in container ${container}`, { cause: error });
}

function statOf(directory: number, entry: string): BigIntStats {
  return entry === '.' ? fstatSync(directory, { bigint: true }) : lstatSync(`/proc/self/fd/${directory}/${entry}`, { bigint: true });
}

export function pathStat(root: RootView, located: Located): PathStat {
  const { stat, name } = located;
  return {
    name,
    size: Number(stat.size),
    mode: Number(stat.mode),
    mtime: `${new Date(Number(stat.mtimeMs)).toISOString().slice(0, 19)}.${String(stat.mtimeNs % 1_000_000_000n).padStart(9, '0')}Z`.replace(/\.?0+Z$/, 'Z'),
    linkTarget: stat.isSymbolicLink() ? linkTarget(root, located) : '',
  };
}

/** Where a link leads in the end, from the container's root; where its own text points when nothing is there. */
function linkTarget(root: RootView, { directory, entry, path }: Located): string {
  try {
    const fd = openAt2(root.fd, path, O_PATH | O_CLOEXEC, rules);
    try {
      return pathWithin(root, fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) throw error;
    const target = textOfLink(directory, entry);
    return target === '' ? '' : posix.normalize(target.startsWith('/') ? target : posix.join(pathWithin(root, directory), target));
  }
}

/** Empty for a link that says something else to everybody who reads it, and to us nothing: /proc/self. */
function textOfLink(directory: number, entry: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${directory}/${entry}`);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return '';
  }
}

/** What the kernel calls an open file, seen from the container's root. */
function pathWithin(root: RootView, fd: number): string {
  const path = readlinkSync(`/proc/self/fd/${fd}`);
  const base = readlinkSync(`/proc/self/fd/${root.fd}`);
  return base === '/' ? path : path.slice(base.length) || '/';
}
