import { chmodSync, closeSync, fstatSync } from 'node:fs';
import { errnoOf, GantryError } from '../../base/errors.ts';
import { encodeName } from '../../base/file-names.ts';
import type { TarEntry } from '../../base/tar/entry.ts';
import { fileTypes, openAt, O_NOFOLLOW, O_PATH } from '../../host/files.ts';

/** Overlay's own attributes are orders to the kernel, not content: they are left out. A filesystem without attributes of a kind keeps none. */
export function setAttributes(entry: TarEntry, set: (name: string, value: Uint8Array) => void): void {
  for (const [name, value] of entry.xattrs) {
    if (/^(?:trusted|user)\.overlay\./.test(name)) continue;
    try {
      set(name, value);
    } catch (error) {
      if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM'].includes(errnoOf(error) ?? '') || name === 'security.capability') throw error;
    }
  }
}

/**
 * The mode of a device or FIFO that was just made. The directory may be a container's, whose processes can put a link in its place
 * meanwhile: only what a descriptor holds is changed, and only when it is still a node.
 */
export function setNodeMode(directory: number, name: string, mode: number): void {
  const fd = openAt(directory, name, O_PATH | O_NOFOLLOW);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFIFO() && !stat.isCharacterDevice() && !stat.isBlockDevice()) throw new GantryError('invalid', `${JSON.stringify(name)} was replaced while it was being made`);
    chmodSync(`/proc/self/fd/${fd}`, mode & 0o7777);
  } finally {
    closeSync(fd);
  }
}

/** The type of a member that is no file, directory or link, for mknod(2). */
export function nodeTypeOf(entry: TarEntry): number {
  if (entry.type === 'fifo') return fileTypes.fifo;
  return entry.type === 'block' ? fileTypes.block : fileTypes.character;
}

/** What a member adds to the size of its layer as Docker counts it: the bytes of a file with its holes, and those that a link names. */
export function shownBytes(entry: TarEntry): number {
  if (entry.type === 'file') return entry.realSize;
  return entry.type === 'symlink' ? encodeName(entry.linkName).length : 0;
}
