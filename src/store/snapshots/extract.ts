import { closeSync, constants, fchmodSync as fchmod, fchownSync as fchown, lstatSync, type Stats } from 'node:fs';
import { GantryError, errnoOf } from '../../base/errors.ts';
import type { TarEntry, TarHandler } from '../../base/tar/entry.ts';
import {
  chownAt, deviceNumber, fsetXattr, futimes, linkAt, mkdirAt, mknodAt, openAt, O_DIRECTORY, O_NOFOLLOW, pathOf, setXattr, symlinkAt, unlinkAt, utimesAt,
} from '../../host/files.ts';
import { cleanParts, describeFailure } from './archive-names.ts';
import { nodeTypeOf, setAttributes, setNodeMode, shownBytes } from './entry-attributes.ts';
import { FileBody } from './file-body.ts';
import { ImpliedDirectories } from './implied-directories.ts';
import { removeTreeAt } from './remove-tree.ts';
import { RootedDirectories } from './rooted-directories.ts';
import { isWhiteoutName, makeWhiteout, replaceWhiteout } from './whiteouts.ts';

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

/**
 * Writes an archive into a directory and nowhere else: parents are resolved by the kernel inside the directory, the last component is
 * always made anew and never followed. Ownership first, then modes (setuid survives), then attributes and times; directories' times last.
 */
export class Extractor implements TarHandler {
  /** Bytes of regular files and of what links point to: what Docker calls a layer's size. */
  unpackedBytes = 0;
  /** Made because members lie in them. */
  readonly implied = new ImpliedDirectories();
  readonly #options: ExtractOptions;
  readonly #into: readonly string[];
  readonly #directories: RootedDirectories;
  readonly #directoryTimes = new Map<string, { parts: string[]; entry: TarEntry }>();
  #entries = 0;
  #boundedBytes = 0;
  #file: FileBody | undefined;

  constructor(root: string, options: ExtractOptions) {
    this.#options = options;
    this.#into = options.into ?? [];
    this.#directories = new RootedDirectories(root, {
      blocked: (directory, name) => this.#replaceWhiteout(directory, name), made: (path) => this.implied.add(path), crossMounts: options.into !== undefined,
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
      if (this.#options.whiteouts === 'overlay' && isWhiteoutName(name)) makeWhiteout(parent, name);
      else this.#make({ parent, name, parts, entry });
    } catch (error) {
      throw describeFailure(error, entry.name);
    }
  }

  body(chunk: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      file.write(chunk);
    } catch (error) {
      throw describeFailure(error, file.entry.name);
    }
  }

  entryEnd(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    try {
      file.end();
    } catch (error) {
      throw describeFailure(error, file.entry.name);
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
        if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) throw describeFailure(error, entry.name);
      }
    }
  }

  /** Closes what is open; finish() was called or the directory is thrown away. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#directories.close();
  }

  #count(bytes: number): void {
    this.#boundedBytes += bytes;
    if (this.#boundedBytes > (this.#options.maxBytes ?? Infinity)) {
      throw new GantryError('invalid', `invalid archive: it unpacks to more than ${this.#options.maxBytes} bytes`);
    }
  }

  #make(place: Place): void {
    const { parent, name, entry } = place;
    if (entry.type === 'file') this.#count(entry.size);
    this.unpackedBytes += shownBytes(entry);
    if (this.#options.keepKinds === true) this.#checkKind(place);
    if (entry.type === 'directory') return this.#directory(place);
    if (entry.type === 'file') return this.#regular(place);
    this.#anew(place, () => {
      if (entry.type === 'symlink') symlinkAt(entry.linkName, parent, name);
      else if (entry.type === 'link') this.#hardLink(place);
      else mknodAt(parent, name, nodeTypeOf(entry) | 0o600, entry.type === 'fifo' ? 0n : deviceNumber(entry.deviceMajor, entry.deviceMinor));
    });
    if (entry.type === 'link') return;
    chownAt(parent, name, this.#owner(entry));
    if (entry.type !== 'symlink') setNodeMode(parent, name, entry.mode);
    setAttributes(entry, (attribute, value) => setXattr(`/proc/self/fd/${parent}/${name}`, attribute, value));
    utimesAt(parent, name, entry.mtime.seconds, entry.mtime.nanoseconds);
  }

  /** Docker's sentences for `noOverwriteDirNonDir`. */
  #checkKind({ parent, name, parts, entry }: Place): void {
    const there = this.#stat(parent, name);
    if (there === undefined || there.isDirectory() === (entry.type === 'directory')) return;
    const [old, fresh] = there.isDirectory() ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
    throw new GantryError('invalid', `cannot overwrite ${old} "/${parts.join('/')}" with ${fresh} "/${this.#into.join('/')}"`);
  }

  #regular(place: Place): void {
    const { parent, name, entry } = place;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | O_NOFOLLOW;
    let fd = -1;
    this.#anew(place, () => (fd = openAt(parent, name, flags, 0o600)));
    this.#file = new FileBody(fd, entry);
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
    this.implied.delete(key);
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
      setAttributes(entry, (attribute, value) => fsetXattr(fd, attribute, value));
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

  #replaceWhiteout(directory: number, name: string): boolean {
    return this.#options.whiteouts === 'overlay' && replaceWhiteout(directory, name);
  }

  #stat(directory: number, name: string): Stats | undefined {
    return lstatSync(pathOf(`/proc/self/fd/${directory}/${name}`), { throwIfNoEntry: false });
  }

  #owner(entry: TarEntry): { uid: number; gid: number } {
    return this.#options.owner ?? entry;
  }
}

interface Place { parent: number; name: string; parts: string[]; entry: TarEntry }
