import { lstatSync } from 'node:fs';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { fileTypes, fsetXattr, mkdirAt, mknodAt, pathOf, setXattr, unlinkAt } from '../../host/files.ts';

/**
 * A layer's markers as overlay's: `.wh.name` is a character device 0/0, `.wh..wh..opq` an attribute of its directory.
 * Source: OCI image-spec, layer.md; the kernel's overlayfs.rst.
 */
const opaqueMarker = '.wh..wh..opq';
const prefix = '.wh.';
const opaqueAttribute = 'trusted.overlay.opaque';
const yes = Buffer.from('y');

export function isWhiteoutName(name: string): boolean {
  return name.startsWith(prefix);
}

/** Does what a member called `.wh.…` asks for in the directory that is open at `parent`. @throws invalid when it names nothing. */
export function makeWhiteout(parent: number, name: string): void {
  if (name === opaqueMarker) return fsetXattr(parent, opaqueAttribute, yes);
  // AUFS' own bookkeeping (`.wh..wh.plnk`, `.wh..wh.aufs`): no content of the image.
  if (name.startsWith('.wh..wh.')) return;
  const hidden = name.slice(prefix.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw new GantryError('invalid', `invalid archive: whiteout ${JSON.stringify(name)}`);
  try {
    mknodAt(parent, hidden, fileTypes.character, 0n);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    // What this layer brings stays; only what lies below is hidden.
    if (statIn(parent, hidden)?.isDirectory() === true) setXattr(`/proc/self/fd/${parent}/${hidden}`, opaqueAttribute, yes);
  }
}

/** A directory in place of a whiteout of the same layer hides what was below. False when no whiteout stands there. */
export function replaceWhiteout(directory: number, name: string): boolean {
  const there = statIn(directory, name);
  if (there?.isCharacterDevice() !== true || there.rdev !== 0) return false;
  unlinkAt(directory, name);
  mkdirAt(directory, name, 0o755);
  setXattr(`/proc/self/fd/${directory}/${name}`, opaqueAttribute, yes);
  return true;
}

function statIn(directory: number, name: string) {
  return lstatSync(pathOf(`/proc/self/fd/${directory}/${name}`), { throwIfNoEntry: false });
}
