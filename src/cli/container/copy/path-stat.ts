import { GantryError } from '../../../base/errors.ts';
import type { Context } from '../../context.ts';
import { segment } from '../../each.ts';

/** What HEAD and GET of /containers/{id}/archive tell of a path, in the header X-Docker-Container-Path-Stat. */
export interface PathStat { isDirectory: boolean; isLink: boolean; isDevice: boolean; linkTarget: string }

// Go's io/fs.FileMode: https://pkg.go.dev/io/fs#FileMode
const goDirectory = 2 ** 31;
const goLink = 2 ** 27;
const goDevice = 2 ** 26;

/** @throws internal when the engine said nothing that can be read */
export function readPathStat(headers: Readonly<Record<string, string>>): PathStat {
  const text = headers['x-docker-container-path-stat'];
  if (text === undefined) throw new GantryError('internal', 'the engine did not tell what the path is');
  const { mode, linkTarget } = JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as { mode: number; linkTarget: string };
  const has = (bit: number): boolean => Math.floor(mode / bit) % 2 === 1;
  return { isDirectory: has(goDirectory), isLink: has(goLink), isDevice: has(goDevice), linkTarget };
}

/** Undefined when it cannot be told, for whatever reason: the copy itself says why. */
export async function statInContainer(context: Context, container: string, path: string): Promise<PathStat | undefined> {
  try {
    return readPathStat((await context.api.send({ method: 'HEAD', path: archivePath(container), query: { path } })).headers);
  } catch {
    return undefined;
  }
}

export function archivePath(container: string): string {
  return `/containers/${segment(container)}/archive`;
}
