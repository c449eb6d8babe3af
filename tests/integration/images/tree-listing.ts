import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { decodeName } from '../../../src/base/file-names.ts';
import { getXattr, listXattrs, pathOf, readNames } from '../../../src/host/files.ts';

/** One line for each member of a tree with everything that extraction must keep; two equal trees have equal lines. */
export function treeListing(root: string): string[] {
  const lines: string[] = [];
  const inodes = new Map<bigint, string>();
  const visit = (relative: string): void => {
    const path = join(root, relative);
    const found = lstatSync(pathOf(path), { bigint: true });
    const first = inodes.get(found.ino);
    if (first === undefined) inodes.set(found.ino, relative);
    const content = found.isFile() ? createHash('sha256').update(readFileSync(pathOf(path))).digest('hex') : found.isSymbolicLink() ? decodeName(readlinkSync(pathOf(path), { encoding: 'buffer' })) : '';
    const attributes = listXattrs(path).sort().map((name) => `${name}=${getXattr(path, name)?.toString('hex')}`);
    // The root's own time is the extractor's: it stands outside the archive.
    const time = relative === '' ? '' : found.mtimeNs;
    lines.push([relative, found.mode.toString(8), found.uid, found.gid, found.isDirectory() ? '' : found.size, found.rdev, time, first ?? '', content, ...attributes].join(' '));
    if (found.isDirectory()) for (const name of readNames(path)) visit(join(relative, name));
  };
  visit('');
  return lines;
}
