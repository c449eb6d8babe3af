import { lstatSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { posix } from 'node:path';
import { errnoOf, GantryError } from '../../../base/errors.ts';
import { base, clean, endsInSlash, followed, keepEnding, split, targetOf } from './paths.ts';
import type { Destination, Source } from './placement.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory', ENOTDIR: 'not a directory', EACCES: 'permission denied', ELOOP: 'too many levels of symbolic links', EPERM: 'operation not permitted',
  ENAMETOOLONG: 'file name too long',
};

/** A path of this machine, absolute, with the ending that it was given. */
export function absolute(path: string): string {
  return keepEnding(clean(posix.resolve(path)), path);
}

/** What is to be copied; links on the way are followed, the last one only with `followLink`. @throws notFound, invalid in Go's words */
export function localSource(path: string, followLink: boolean): Source {
  const resolved = followLink ? followed(path, realPath(path)) : besides(path);
  return { path: resolved.path, isDirectory: look(lstatSync, resolved.path).isDirectory(), rename: resolved.rename };
}

function besides(path: string): { path: string; rename: string | undefined } {
  const slash = path.lastIndexOf('/');
  const directory = realPath(path.slice(0, slash + 1));
  const resolved = `${directory === '/' ? '' : directory}/${path.slice(slash + 1)}`;
  return { path: resolved, rename: endsInSlash(path) && base(path) !== base(resolved) ? base(path) : undefined };
}

const maxLinks = 10;

/** Where a copy goes: links are followed, also one whose target is not there yet. @throws when not even the parent directory is there */
export function localDestination(path: string): Destination {
  let at = path;
  for (let links = 0; ; links += 1) {
    const stat = lookIfThere(at);
    if (stat === undefined) {
      if (!look(statSync, split(at).directory).isDirectory()) throw new GantryError('invalid', 'not a directory');
      return { path: at };
    }
    if (!stat.isSymbolicLink()) return { path: at, kind: stat.isDirectory() ? 'directory' : 'other' };
    if (links > maxLinks) throw new GantryError('invalid', `too many symlinks in ${path}`);
    at = targetOf(at, readlinkSync(at));
  }
}

/** Refuses, before a byte is asked for, what cannot be written to. */
export function checkOutputPath(path: string): void {
  const directory = posix.dirname(clean(path));
  if (directory !== '.' && statIfThere(directory) === undefined) throw new GantryError('invalid', `invalid output path: directory "${directory}" does not exist`);
  const stat = statIfThere(path);
  if (stat === undefined || stat.isDirectory() || stat.isFile()) return;
  const trouble = stat.isBlockDevice() || stat.isCharacterDevice() ? 'got a device' : undefined;
  if (trouble !== undefined) throw new GantryError('invalid', `invalid output path: "${path}" must be a directory or a regular file: ${trouble}`);
}

function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw inWords(error, 'stat', path);
  }
}

function lookIfThere(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw inWords(error, 'lstat', path);
  }
}

function look(call: typeof lstatSync | typeof statSync, path: string): Stats {
  try {
    return call(path) as Stats;
  } catch (error) {
    throw inWords(error, call === statSync ? 'stat' : 'lstat', path);
  }
}

const maxFollowed = 255;

/** With every link followed, as Go's filepath.EvalSymlinks does it: an error names the part that is missing, where a link led to it too. */
function realPath(path: string): string {
  let done = '/';
  let links = 0;
  for (let left = path.split('/'); left.length > 0;) {
    const part = left.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done = posix.dirname(done);
      continue;
    }
    const at = posix.join(done, part);
    const stat = look(lstatSync, at);
    if (stat.isSymbolicLink()) {
      links += 1;
      if (links > maxFollowed) throw new GantryError('invalid', 'EvalSymlinks: too many links');
      const target = readlinkSync(at);
      if (target.startsWith('/')) done = '/';
      left = [...target.split('/'), ...left];
    } else if (!stat.isDirectory() && left.length > 0) throw new GantryError('invalid', 'not a directory');
    else done = at;
  }
  return done;
}

export function inWords(error: unknown, call: string, path: string): unknown {
  const code = errnoOf(error) ?? '';
  const reason = reasons[code];
  return reason === undefined ? error : new GantryError(code === 'ENOENT' ? 'notFound' : 'invalid', `${call} ${path}: ${reason}`, { cause: error });
}
