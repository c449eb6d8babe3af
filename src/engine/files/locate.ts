import { closeSync, fstatSync, lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { posix } from 'node:path';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { O_CLOEXEC, O_DIRECTORY, O_PATH, openAt2, resolve } from '../../host/files.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { RootView } from './root-view.ts';
import type { PathStat } from './verbs.ts';

const rules = resolve.inRoot | resolve.noMagicLinks;

/** A file of a container: the directory that holds it, open, and its name there. */
export interface Located extends Disposable {
  directory: number;
  entry: string;
  /** What people call it: the last part of the path as given. */
  name: string;
  stat: BigIntStats;
}

/**
 * Finds what a path names. The last part is followed only when the path ends in a slash or a dot, as with lstat(2).
 * @throws notFound with Docker's sentence.
 */
export function locate(root: RootView, record: ContainerRecord, path: string): Located {
  const clean = posix.normalize(`/${path}`);
  const wantsInside = /(?:^|\/)\.?$/.test(path) && clean !== '/';
  const trimmed = clean.replace(/\/$/, '') || '/';
  const whole = wantsInside || trimmed === '/';
  const [parent, entry] = whole ? [trimmed, '.'] : [posix.dirname(trimmed), posix.basename(trimmed)];
  const name = path.endsWith('/.') ? '.' : posix.basename(trimmed) || '/';
  try {
    const directory = openAt2(root.fd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC, rules);
    try {
      return { directory, entry, name, stat: statOf(directory, entry), [Symbol.dispose]: () => closeSync(directory) };
    } catch (error) {
      closeSync(directory);
      throw error;
    }
  } catch (error) {
    throw asNotFound(error, record, path);
  }
}

export function asNotFound(error: unknown, record: ContainerRecord, path: string): unknown {
  if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return error;
  return new GantryError('notFound', `Could not find the file ${path} in container ${record.name}`, { cause: error });
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

/** Absolute, from the container's root, whether or not it is there. */
function linkTarget(root: RootView, { directory, entry }: Located): string {
  const target = readlinkSync(`/proc/self/fd/${directory}/${entry}`);
  if (target.startsWith('/')) return posix.normalize(target);
  const within = readlinkSync(`/proc/self/fd/${directory}`);
  const base = readlinkSync(`/proc/self/fd/${root.fd}`);
  const here = base === '/' ? within : within.slice(base.length) || '/';
  return posix.normalize(posix.join(here, target));
}
