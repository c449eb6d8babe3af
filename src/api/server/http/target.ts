import { posix } from 'node:path';
import { GantryError } from '../../../base/errors.ts';
import { compareVersions, maxApiVersion, minApiVersion } from '../../types/version.ts';

export interface Target { version: string; path: string; search: string }

/** Where a path with `//`, `/./` or `/../` in it, decoded, is found; undefined for a clean one. Docker's router sends clients there: some write `/containers//name/json`. */
export function cleanTarget(url: string): string | undefined {
  const { path, search } = split(url);
  if (!/\/\.{0,2}\//.test(`${path}/`.replace(/\/\/$/, '/'))) return undefined;
  const clean = posix.normalize(`/${path}`);
  return encodeURI(clean).replace(/[?#]/g, encodeURIComponent) + (search === '' ? '' : `?${search}`);
}

/** Splits a request target into the API version, the decoded path and the query. */
export function parseTarget(url: string): Target {
  const { path, search } = split(url);
  const prefix = /^\/v([0-9.]+)(\/.*)$/.exec(path);
  return prefix === null ? { version: maxApiVersion, path, search } : { version: prefix[1]!, path: prefix[2]!, search };
}

function split(url: string): { path: string; search: string } {
  const mark = url.indexOf('?');
  const [raw, search] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
  // `OPTIONS *` asks of the server as a whole.
  return { path: raw === '*' ? '/*' : decodePath(raw.replace(/^https?:\/\/[^/]*/i, '')), search };
}

/** @throws invalid, in Docker's sentences, outside of the range that is spoken. */
export function checkVersion(version: string): void {
  if (compareVersions(version, minApiVersion) < 0) {
    throw new GantryError('invalid', `client version ${version} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`);
  }
  if (compareVersions(version, maxApiVersion) > 0) {
    throw new GantryError('invalid', `client version ${version} is too new. Maximum supported API version is ${maxApiVersion}`);
  }
}

export function pageNotFound(): GantryError {
  return new GantryError('notFound', 'page not found');
}

/** No name of anything holds a NUL: such a path leads nowhere. */
function decodePath(raw: string): string {
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    throw new GantryError('invalid', 'the request path is not valid percent-encoding');
  }
  if (path.includes('\0')) throw pageNotFound();
  return path;
}
