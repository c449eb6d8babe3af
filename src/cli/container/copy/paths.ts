import { posix } from 'node:path';

/**
 * The path rules of `docker cp`: a trailing slash or dot says "directory", and `SRC/.` says "its contents". Node's path functions lose
 * what these rules stand on, so the ones used here are Go's.
 */

/** The shortest equal path, without a trailing slash; "" is `.`. */
export function clean(path: string): string {
  if (path === '') return '.';
  const normal = posix.normalize(path);
  return normal === '/' ? normal : normal.replace(/\/$/, '');
}

/** The last part: `/` of the root, `.` of nothing. */
export function base(path: string): string {
  if (path === '') return '.';
  return posix.basename(path) || '/';
}

export function endsInSlash(path: string): boolean {
  return path.endsWith('/');
}

export function namesContents(path: string): boolean {
  return base(path) === '.';
}

/** True for paths that can only be directories. */
export function assertsDirectory(path: string): boolean {
  return endsInSlash(path) || namesContents(path);
}

/** Gives a cleaned path back the trailing dot or slash of the original. */
export function keepEnding(cleaned: string, original: string): string {
  let path = cleaned;
  if (!namesContents(path) && namesContents(original)) path = `${endsInSlash(path) ? path : `${path}/`}.`;
  return !endsInSlash(path) && endsInSlash(original) ? `${path}/` : path;
}

/** The directory and the name in it; the name is `.` where the contents are meant. */
export function split(path: string): { directory: string; name: string } {
  const cleaned = clean(path) + (namesContents(path) ? '/.' : '');
  const slash = cleaned.lastIndexOf('/');
  return { directory: clean(cleaned.slice(0, slash + 1)), name: base(cleaned) };
}

/** A link's target, as a path, for a link at `path`. */
export function targetOf(path: string, target: string): string {
  return target.startsWith('/') ? target : clean(posix.join(split(path).directory, target));
}

/** After a link was followed: the target with the ending of the path as asked for, and the asked-for name if it is another. */
export function followed(path: string, target: string): { path: string; rename: string | undefined } {
  let resolved = target;
  if (namesContents(path) && !namesContents(resolved)) resolved += '/.';
  if (endsInSlash(path) && !endsInSlash(resolved)) resolved += '/';
  return { path: resolved, rename: base(path) === base(resolved) ? undefined : base(path) };
}

/** `container:path`; whatever begins with a slash or a dot is a path of this machine, and so is everything without a colon. */
export function splitArgument(argument: string): { container: string; path: string } {
  const colon = argument.indexOf(':');
  if (colon < 0 || argument.startsWith('/') || argument.startsWith('.')) return { container: '', path: argument };
  return { container: argument.slice(0, colon), path: argument.slice(colon + 1) };
}
