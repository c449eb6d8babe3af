import { closeSync, constants, fchmodSync as fchmod, fchownSync as fchown, ftruncateSync, lstatSync, type Stats, writeSync } from 'node:fs';
import { GantryError, errnoOf } from '../../base/errors.ts';
import type { TarEntry, TarHandler } from '../../base/tar/entry.ts';
import {
  chmodAt, chownAt, deviceNumber, fileTypes, fsetXattr, futimes, linkAt, mkdirAt, mknodAt, openAt, O_DIRECTORY, O_NOFOLLOW,
  setXattr, symlinkAt, unlinkAt, utimesAt,
} from '../../host/files.ts';
import { removeTreeAt } from './remove-tree.ts';
import { RootedDirectories } from './rooted-directories.ts';

export interface ExtractOptions {
  /** `overlay`: a layer; whiteouts become overlay's. `none`: a plain archive; names that begin with `.wh.` are ordinary. */
  whiteouts: 'overlay' | 'none';
  /** Stops a decompression bomb: bytes written, and members. */
  maxBytes?: number;
  maxEntries?: number;
  /** Given to everything instead of what the archive says. */
  owner?: { uid: number; gid: number };
  /** Components of a path below the root: members are made there, and links on the way resolve from the root. */
  into?: readonly string[];
  /** Refuses a directory in the place of something else, and the other way round. */
  keepKinds?: boolean;
}

const opaqueMarker = '.wh..wh..opq';
const whiteoutPrefix = '.wh.';
const opaqueAttribute = 'trusted.overlay.opaque';
const yes = Buffer.from('y');
const maxPath = 4096;

/**
 * Writes an archive into a directory and nowhere else: parents are resolved by the kernel inside the directory, the last component is
 * always made anew and never followed. Ownership first, then modes (setuid survives), then attributes and times; directories' times last.
 */
export class Extractor implements TarHandler {
  /** Bytes of regular files: what Docker calls a layer's size. */
  unpackedBytes = 0;
  readonly #options: ExtractOptions;
  readonly #into: readonly string[];
  readonly #directories: RootedDirectories;
  readonly #directoryTimes = new Map<string, { parts: string[]; entry: TarEntry }>();
  #entries = 0;
  #file: { fd: number; entry: TarEntry; position: number; part: number } | undefined;

  constructor(root: string, options: ExtractOptions) {
    this.#options = options;
    this.#into = options.into ?? [];
    this.#directories = new RootedDirectories(root, {
      blocked: (directory, name) => this.#replaceWhiteout(directory, name), crossMounts: options.into !== undefined,
    });
  }

  entry(entry: TarEntry): void {
    if (++this.#entries > (this.#options.maxEntries ?? 20_000_000)) throw new GantryError('invalid', 'invalid archive: too many members');
    this.#directories.settle();
    const own = cleanParts(entry.name);
    const parts = [...this.#into, ...own];
    const name = own.at(-1);
    if (name === undefined) {
      // The directory that everything goes into is not the archive's to change.
      if (this.#into.length > 0) return;
      if (entry.type !== 'directory') throw new GantryError('invalid', `invalid archive: ${JSON.stringify(entry.name)} is no file name`);
      this.#directoryTimes.set('', { parts, entry });
      return;
    }
    try {
      const parent = this.#directories.open(parts.slice(0, -1));
      if (this.#options.whiteouts === 'overlay' && name.startsWith(whiteoutPrefix)) this.#whiteout(parent, name);
      else this.#make({ parent, name, parts, entry });
    } catch (error) {
      throw describe(error, entry.name);
    }
  }

  body(chunk: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      if (file.entry.sparse === undefined) file.position += writeWhole(file.fd, chunk, null);
      else this.#sparseBody(file, chunk);
    } catch (error) {
      throw describe(error, file.entry.name);
    }
  }

  entryEnd(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    try {
      if (file.entry.sparse !== undefined) ftruncateSync(file.fd, file.entry.realSize);
      this.#attributes(file.entry, (name, value) => fsetXattr(file.fd, name, value));
      futimes(file.fd, file.entry.mtime.seconds, file.entry.mtime.nanoseconds);
    } catch (error) {
      throw describe(error, file.entry.name);
    } finally {
      closeSync(file.fd);
    }
  }

  /** The last step: what directories are like, deepest first, as making members changed their times and needs their permissions. */
  finish(): void {
    this.#directories.forget();
    for (const { parts, entry } of [...this.#directoryTimes.values()].reverse()) {
      this.#directories.settle();
      try {
        this.#finishDirectory(parts, entry);
      } catch (error) {
        // Reached through a link that the archive replaced later: it is no directory of ours any more.
        if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) throw describe(error, entry.name);
      }
    }
  }

  /** Closes what is open; finish() was called or the directory is thrown away. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
    this.#directories.close();
  }

  #count(bytes: number): void {
    this.unpackedBytes += bytes;
    if (this.unpackedBytes > (this.#options.maxBytes ?? Infinity)) {
      throw new GantryError('invalid', `invalid archive: it unpacks to more than ${this.#options.maxBytes} bytes`);
    }
  }

  #make(place: Place): void {
    const { parent, name, entry } = place;
    if (entry.type === 'file') this.#count(entry.size);
    if (this.#options.keepKinds === true) this.#checkKind(place);
    if (entry.type === 'directory') return this.#directory(place);
    if (entry.type === 'file') return this.#regular(place);
    this.#anew(place, () => {
      if (entry.type === 'symlink') symlinkAt(entry.linkName, parent, name);
      else if (entry.type === 'link') this.#hardLink(place);
      else mknodAt(parent, name, nodeType(entry) | 0o600, entry.type === 'fifo' ? 0n : deviceNumber(entry.deviceMajor, entry.deviceMinor));
    });
    if (entry.type === 'link') return;
    chownAt(parent, name, this.#owner(entry));
    // A device or FIFO just made by name in a directory nobody else uses: no link can stand there.
    if (entry.type !== 'symlink') chmodAt(parent, name, entry.mode);
    this.#attributes(entry, (attribute, value) => setXattr(`/proc/self/fd/${parent}/${name}`, attribute, value));
    utimesAt(parent, name, entry.mtime.seconds, entry.mtime.nanoseconds);
  }

  /** Docker's sentences for `noOverwriteDirNonDir`. */
  #checkKind({ parent, name, parts, entry }: Place): void {
    const there = this.#stat(parent, name);
    if (there === undefined || there.isDirectory() === (entry.type === 'directory')) return;
    const [old, fresh] = there.isDirectory() ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
    throw new GantryError('invalid', `cannot overwrite ${old} "/${parts.join('/')}" with ${fresh} "/${parts.join('/')}"`);
  }

  #regular(place: Place): void {
    const { parent, name, entry } = place;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | O_NOFOLLOW;
    let fd = -1;
    this.#anew(place, () => (fd = openAt(parent, name, flags, 0o600)));
    this.#file = { fd, entry, position: 0, part: 0 };
    const { uid, gid } = this.#owner(entry);
    fchown(fd, uid, gid);
    fchmod(fd, entry.mode);
  }

  #directory(place: Place): void {
    const { parent, name, parts, entry } = place;
    try {
      mkdirAt(parent, name, 0o700);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      const there = this.#stat(parent, name);
      if (there?.isDirectory() !== true && !this.#replaceWhiteout(parent, name)) {
        this.#clear(place);
        mkdirAt(parent, name, 0o700);
      }
    }
    const key = parts.join('/');
    this.#directoryTimes.delete(key);
    this.#directoryTimes.set(key, { parts, entry });
  }

  #finishDirectory(parts: string[], entry: TarEntry): void {
    const parent = parts.length === 0 ? this.#directories.root : this.#directories.open(parts.slice(0, -1));
    const name = parts.at(-1) ?? '.';
    const fd = openAt(parent, name, constants.O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      const { uid, gid } = this.#owner(entry);
      fchown(fd, uid, gid);
      fchmod(fd, entry.mode);
      this.#attributes(entry, (attribute, value) => fsetXattr(fd, attribute, value));
      futimes(fd, entry.mtime.seconds, entry.mtime.nanoseconds);
    } finally {
      closeSync(fd);
    }
  }

  /** The target of a hard link is a name in the archive: resolved like any other, its last component not followed. */
  #hardLink({ parent, name, entry }: Place): void {
    const target = [...this.#into, ...cleanParts(entry.linkName)];
    const last = target.at(-1);
    if (last === undefined) throw new GantryError('invalid', `invalid archive: hard link to ${JSON.stringify(entry.linkName)}`);
    const directory = this.#directories.open(target.slice(0, -1));
    if (directory === parent && last === name) return;
    linkAt(directory, last, parent, name);
  }

  /** Runs `make`; when the name is taken, clears it and runs again. */
  #anew(place: Place, make: () => void): void {
    try {
      make();
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      // A hard link to itself under another spelling must not remove its only name.
      if (place.entry.type === 'link' && this.#sameFile(place)) return;
      this.#clear(place);
      make();
    }
  }

  #sameFile({ parent, name, entry }: Place): boolean {
    const target = [...this.#into, ...cleanParts(entry.linkName)];
    const other = this.#stat(this.#directories.open(target.slice(0, -1)), target.at(-1) ?? '.');
    return other !== undefined && this.#stat(parent, name)?.ino === other.ino;
  }

  #clear({ parent, name, parts }: Place): void {
    const there = this.#stat(parent, name);
    const wasPlain = there !== undefined && !there.isDirectory() && !there.isSymbolicLink();
    if (there?.isDirectory() === true) removeTreeAt(parent, name);
    else unlinkAt(parent, name);
    if (wasPlain) return;
    this.#directories.forget();
    const key = parts.join('/');
    for (const path of this.#directoryTimes.keys()) if (path === key || path.startsWith(`${key}/`)) this.#directoryTimes.delete(path);
  }

  #whiteout(parent: number, name: string): void {
    if (name === opaqueMarker) return fsetXattr(parent, opaqueAttribute, yes);
    // AUFS' own bookkeeping (`.wh..wh.plnk`, `.wh..wh.aufs`): no content of the image.
    if (name.startsWith('.wh..wh.')) return;
    const hidden = name.slice(whiteoutPrefix.length);
    if (hidden === '' || hidden === '.' || hidden === '..') throw new GantryError('invalid', `invalid archive: whiteout ${JSON.stringify(name)}`);
    try {
      mknodAt(parent, hidden, fileTypes.character, 0n);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      // What this layer brings stays; only what lies below is hidden.
      if (this.#stat(parent, hidden)?.isDirectory() === true) setXattr(`/proc/self/fd/${parent}/${hidden}`, opaqueAttribute, yes);
    }
  }

  /** A directory in place of a whiteout of the same layer hides what was below. */
  #replaceWhiteout(directory: number, name: string): boolean {
    const there = this.#stat(directory, name);
    if (this.#options.whiteouts !== 'overlay' || there?.isCharacterDevice() !== true || there.rdev !== 0) return false;
    unlinkAt(directory, name);
    mkdirAt(directory, name, 0o755);
    setXattr(`/proc/self/fd/${directory}/${name}`, opaqueAttribute, yes);
    return true;
  }

  #stat(directory: number, name: string): Stats | undefined {
    return lstatSync(`/proc/self/fd/${directory}/${name}`, { throwIfNoEntry: false });
  }

  #owner(entry: TarEntry): { uid: number; gid: number } {
    return this.#options.owner ?? entry;
  }

  /** Overlay's own attributes are orders to the kernel, not content: they are left out. A filesystem without attributes of a kind keeps none. */
  #attributes(entry: TarEntry, set: (name: string, value: Uint8Array) => void): void {
    for (const [name, value] of entry.xattrs) {
      if (/^(?:trusted|user)\.overlay\./.test(name)) continue;
      try {
        set(name, value);
      } catch (error) {
        if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM'].includes(errnoOf(error) ?? '') || name === 'security.capability') throw error;
      }
    }
  }

  #sparseBody(file: { fd: number; entry: TarEntry; position: number; part: number }, chunk: Uint8Array): void {
    const parts = file.entry.sparse ?? [];
    for (let at = 0; at < chunk.length;) {
      const part = parts[file.part];
      if (part === undefined) throw new GantryError('invalid', 'invalid tar header: broken sparse map');
      const take = Math.min(part.size - file.position, chunk.length - at);
      writeWhole(file.fd, chunk.subarray(at, at + take), part.offset + file.position);
      at += take;
      file.position += take;
      if (file.position === part.size) {
        file.part++;
        file.position = 0;
      }
    }
  }
}

interface Place { parent: number; name: string; parts: string[]; entry: TarEntry }

/** Components without `.` and empty ones; a leading slash counts for nothing. @throws invalid on `..`, or a name too long. */
export function cleanParts(name: string): string[] {
  if (name.length > maxPath) throw new GantryError('invalid', 'invalid archive: a name is longer than 4096 bytes');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new GantryError('invalid', `invalid archive: ${JSON.stringify(name.slice(0, 200))} leads out of its directory`);
  return parts;
}

function nodeType(entry: TarEntry): number {
  return entry.type === 'fifo' ? fileTypes.fifo : entry.type === 'block' ? fileTypes.block : fileTypes.character;
}

function writeWhole(fd: number, chunk: Uint8Array, position: number | null): number {
  for (let done = 0; done < chunk.length;) {
    done += writeSync(fd, chunk, done, chunk.length - done, position === null ? null : position + done);
  }
  return chunk.length;
}

function describe(error: unknown, name: string): unknown {
  const code = errnoOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new GantryError('exhausted', `no space left on device while writing ${name.slice(0, 200)}`, { cause: error, hint: 'Free some space under the root directory.' });
  }
  const hostile = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV', 'EINVAL', 'ENAMETOOLONG', 'EMLINK', 'EPERM', 'EISDIR', 'EFBIG'];
  if (code === undefined || !hostile.includes(code)) return error;
  return new GantryError('invalid', `invalid archive: cannot make ${JSON.stringify(name.slice(0, 200))} (${code})`, { cause: error });
}
