import { closeSync, constants, fchmodSync, fchownSync, fstatSync } from 'node:fs';
import { errnoOf } from '../../base/errors.ts';
import { AT_FDCWD, fsetXattr, futimes, getXattr, listXattrs, openAt, O_DIRECTORY, O_NOFOLLOW } from '../../host/files.ts';

/** So many paths, and characters of paths, are remembered of one layer: a hostile one could imply gigabytes of them. Those beyond keep 0755, root. */
const maxPaths = 20_000;
const maxCharacters = 4 << 20;

/**
 * The directories that a layer's tar needs but does not hold: it has `usr/bin/tool` and neither `usr` nor `usr/bin`. They say nothing of
 * themselves, so what is below shows through: owner, mode, time and extended attributes of the same directory in the layers underneath.
 */
export class ImpliedDirectories {
  readonly #paths = new Set<string>();
  #characters = 0;

  add(path: string): void {
    if (this.#paths.size >= maxPaths || this.#characters + path.length > maxCharacters || this.#paths.has(path)) return;
    this.#paths.add(path);
    this.#characters += path.length;
  }

  /** The archive has it after all. */
  delete(path: string): void {
    if (this.#paths.delete(path)) this.#characters -= path.length;
  }

  get paths(): string[] {
    return [...this.#paths];
  }
}

/** What a directory is like, apart from what is in it. */
export interface DirectoryAttributes {
  /** Permissions, without the type. */
  mode: number;
  uid: number;
  gid: number;
  mtimeSeconds: number;
  mtimeNanoseconds: number;
  xattrs: Map<string, Buffer>;
}

/** Those of the implied directories (parents before what is in them) that the layers below (top first) show too, and how. */
export function* inheritedAttributes(implied: readonly string[], lowers: readonly string[]): Generator<{ path: string; attributes: DirectoryAttributes }> {
  const missing = new Set<string>();
  for (const path of implied) {
    // Most are new with all that is in them: one look is enough.
    const isInMissing = missing.has(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    const attributes = isInMissing ? undefined : attributesBelow(path, lowers);
    if (attributes === undefined) missing.add(path);
    else yield { path, attributes };
  }
}

/** What overlay would show of a directory of these layers. Undefined where they show none, or something else. */
function attributesBelow(path: string, lowers: readonly string[]): DirectoryAttributes | undefined {
  for (const lower of lowers) {
    const found = lookUp(path, lower);
    if (found !== 'missing') return found;
  }
  return undefined;
}

/** Gives the implied directories of the layer extracted at `root` what the layers below it (top first) say of them. */
export function inheritAttributes(root: string, implied: readonly string[], lowers: readonly string[]): void {
  for (const { path, attributes } of inheritedAttributes(implied, lowers)) {
    // Reached through a link, or replaced by something else meanwhile: no directory of the same name is below it.
    const own = openDirectory(path, root);
    if (typeof own === 'string') continue;
    try {
      if (!own.isHidingBelow) setAttributes(own.fd, attributes);
    } finally {
      closeSync(own.fd);
    }
  }
}

function setAttributes(fd: number, { uid, gid, mode, xattrs, mtimeSeconds, mtimeNanoseconds }: DirectoryAttributes): void {
  fchownSync(fd, uid, gid);
  for (const [name, value] of xattrs) fsetXattr(fd, name, value);
  fchmodSync(fd, mode);
  futimes(fd, mtimeSeconds, mtimeNanoseconds);
}

/** `missing`: layers further down may have it. Undefined: they are hidden. */
function lookUp(path: string, lower: string): DirectoryAttributes | 'missing' | undefined {
  const found = openDirectory(path, lower);
  if (found === 'missing') return found;
  if (found === 'hidden') return undefined;
  try {
    return attributesOf(found.fd);
  } finally {
    closeSync(found.fd);
  }
}

/** Step by step, following no link. `isHidingBelow`: a directory on the way is opaque, so nothing further down is seen through it. */
function openDirectory(path: string, root: string): { fd: number; isHidingBelow: boolean } | 'missing' | 'hidden' {
  let fd = openAt(AT_FDCWD, root, constants.O_RDONLY | O_DIRECTORY);
  let isHidingBelow = false;
  for (const part of path.split('/')) {
    isHidingBelow ||= getXattr(fd, 'trusted.overlay.opaque')?.toString() === 'y';
    const parent = fd;
    try {
      fd = openAt(parent, part, constants.O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return isHidingBelow ? 'hidden' : 'missing';
      // A file, a link, or a whiteout.
      if (errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'ELOOP') return 'hidden';
      throw error;
    } finally {
      closeSync(parent);
    }
  }
  return { fd, isHidingBelow };
}

function attributesOf(fd: number): DirectoryAttributes {
  const stats = fstatSync(fd, { bigint: true });
  const nanoseconds = ((stats.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return {
    mode: Number(stats.mode) & 0o7777, uid: Number(stats.uid), gid: Number(stats.gid),
    mtimeSeconds: Number((stats.mtimeNs - nanoseconds) / 1_000_000_000n), mtimeNanoseconds: Number(nanoseconds),
    // Overlay's own marks mean something only in their layer.
    xattrs: new Map(listXattrs(fd).filter((name) => !name.startsWith('trusted.overlay.')).map((name) => [name, getXattr(fd, name) ?? Buffer.alloc(0)])),
  };
}
