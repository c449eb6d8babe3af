import { closeSync, constants, fchmodSync, ftruncateSync, lstatSync, openSync, writeSync, type Stats } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { errnoOf, GantryError } from '../../../base/errors.ts';
import type { TarEntry } from '../../../base/tar/entry.ts';
import { readTar, type TarMember } from '../../../base/tar/read.ts';
import {
  chmodAt, deviceNumber, fileTypes, fsetXattr, futimes, linkAt, mkdirAt, mknodAt, O_DIRECTORY, O_NOFOLLOW, openAt, renameAt2, symlinkAt,
  unlinkAt, utimesAt,
} from '../../../host/files.ts';
import { inWords } from './local.ts';
import { OpenDirectories } from './open-directories.ts';

export interface UnpackOptions {
  /** Must be there. Nothing is ever written outside it. */
  directory: string;
  /** The name that the archive's top has, `.` or `/` where it has none. */
  from: string;
  /** The name that it gets; `.` where its contents stand alone. */
  to: string;
}

/**
 * Writes what came from a container. Each step goes through directories that are open and none of which is a link, so neither the archive nor
 * a change of the files meanwhile leads out of the directory. Files appear whole, by rename, and belong to whoever runs this.
 * @throws invalid for an archive that holds anything else than what was asked for
 */
export async function unpack(source: AsyncIterable<Uint8Array>, options: UnpackOptions): Promise<void> {
  using unpacker = new Unpacker(options);
  for await (const member of readTar(source)) await unpacker.add(member);
  unpacker.finish();
}

interface Place { parent: number; name: string; parts: readonly string[]; entry: TarEntry }

class Unpacker implements Disposable {
  readonly #options: UnpackOptions;
  readonly #directories: OpenDirectories;
  readonly #made = new Map<string, { parts: readonly string[]; entry: TarEntry }>();

  constructor(options: UnpackOptions) {
    this.#options = options;
    try {
      this.#directories = new OpenDirectories(openSync(options.directory, constants.O_RDONLY | O_DIRECTORY));
    } catch (error) {
      throw inWords(error, 'open', options.directory);
    }
  }

  async add({ entry, body }: TarMember): Promise<void> {
    const parts = this.#partsOf(entry.name);
    const name = parts.at(-1);
    if (name === undefined) return; // The directory itself is not the archive's to change.
    const shown = `${this.#options.directory}/${parts.join('/')}`.replace(/^\/\//, '/');
    try {
      const place = { parent: this.#directories.open(parts.slice(0, -1)), name, parts, entry };
      this.#checkKind(place, shown);
      if (entry.type === 'file') await writeFile(place, body);
      else this.#make(place);
    } catch (error) {
      throw inWords(error, callOf(entry), shown);
    }
  }

  /** Modes and times of directories come last: what is put into them changes their times, and a mode may forbid it. */
  finish(): void {
    for (const { parts, entry } of [...this.#made.values()].reverse()) {
      const fd = this.#directories.open(parts);
      fchmodSync(fd, entry.mode);
      futimes(fd, entry.mtime.seconds, entry.mtime.nanoseconds);
    }
  }

  [Symbol.dispose](): void {
    this.#directories[Symbol.dispose]();
  }

  /** Where a member goes, below the directory: under its top's new name. */
  #partsOf(name: string): string[] {
    const { from, to } = this.#options;
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) throw new GantryError('invalid', `invalid copy source content: ${JSON.stringify(name)} is outside of the copied directory`);
    const own = to === '.' || to === '/' ? [] : [to];
    if (from === '.' || from === '/') return [...own, ...parts];
    if (parts[0] !== from) throw new GantryError('invalid', `invalid copy source content: ${JSON.stringify(name)} is not part of ${JSON.stringify(from)}`);
    return [...own, ...parts.slice(1)];
  }

  #checkKind({ parent, name, entry }: Place, shown: string): void {
    const there = statOf(parent, name);
    if (there === undefined || there.isDirectory() === (entry.type === 'directory')) return;
    const inside = JSON.stringify(this.#options.directory);
    throw new GantryError('invalid', there.isDirectory()
      ? `cannot overwrite directory ${JSON.stringify(shown)} with non-directory ${inside}`
      : `cannot overwrite non-directory ${JSON.stringify(shown)} with directory ${inside}`);
  }

  #make(place: Place): void {
    const { parent, name, parts, entry } = place;
    if (entry.type === 'directory') {
      if (statOf(parent, name) === undefined) mkdirAt(parent, name, 0o700);
      this.#made.set(parts.join('/'), { parts, entry });
      return;
    }
    const temporary = temporaryName();
    try {
      this.#makeNode(parent, temporary, entry);
      renameAt2({ directory: parent, name: temporary }, { directory: parent, name });
    } finally {
      removeIfThere(parent, temporary);
    }
  }

  #makeNode(parent: number, name: string, entry: TarEntry): void {
    const { seconds, nanoseconds } = entry.mtime;
    switch (entry.type) {
      case 'symlink':
        symlinkAt(entry.linkName, parent, name);
        return utimesAt(parent, name, seconds, nanoseconds);
      case 'link':
        return this.#link(parent, name, entry.linkName);
      case 'fifo': case 'character': case 'block':
        mknodAt(parent, name, fileTypes[entry.type] | entry.mode, entry.type === 'fifo' ? 0n : deviceNumber(entry.deviceMajor, entry.deviceMinor));
        chmodAt(parent, name, entry.mode);
        return utimesAt(parent, name, seconds, nanoseconds);
    }
  }

  #link(parent: number, name: string, target: string): void {
    const parts = this.#partsOf(target);
    const from = parts.at(-1);
    if (from === undefined) throw new GantryError('invalid', `invalid hardlink ${JSON.stringify(target)}`);
    using held = this.#directories.separately(parts.slice(0, -1));
    linkAt(held.fd, from, parent, name);
  }
}

async function writeFile({ parent, name, entry }: Place, body: AsyncIterable<Buffer>): Promise<void> {
  const temporary = temporaryName();
  const fd = openAt(parent, temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await writeBody(fd, entry, body);
    fchmodSync(fd, entry.mode);
    setAttributes(fd, entry);
    futimes(fd, entry.mtime.seconds, entry.mtime.nanoseconds);
    renameAt2({ directory: parent, name: temporary }, { directory: parent, name });
  } catch (error) {
    removeIfThere(parent, temporary);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** A sparse file's holes stay holes. */
async function writeBody(fd: number, entry: TarEntry, body: AsyncIterable<Buffer>): Promise<void> {
  const parts = (entry.sparse ?? [{ offset: 0, size: entry.size }]).map((part) => ({ ...part }));
  for await (const chunk of body) {
    for (let done = 0; done < chunk.length;) {
      const part = parts[0];
      if (part === undefined) throw new GantryError('invalid', 'archive/tar: invalid tar header: broken sparse map');
      if (part.size === 0) {
        parts.shift();
        continue;
      }
      const written = writeSync(fd, chunk, done, Math.min(part.size, chunk.length - done), part.offset);
      part.offset += written;
      part.size -= written;
      done += written;
    }
  }
  if (entry.sparse !== undefined) ftruncateSync(fd, entry.realSize);
}

/** Capabilities and the like stay behind where this user or the filesystem may not have them, as with cp(1). */
function setAttributes(fd: number, entry: TarEntry): void {
  for (const [name, value] of entry.xattrs) {
    try {
      fsetXattr(fd, name, value);
    } catch (error) {
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
}

function statOf(parent: number, name: string): Stats | undefined {
  return lstatSync(`/proc/self/fd/${parent}/${name}`, { throwIfNoEntry: false });
}

function temporaryName(): string {
  return `.gantry-cp-${randomBytes(6).toString('hex')}`;
}

function removeIfThere(parent: number, name: string): void {
  try {
    unlinkAt(parent, name);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function callOf({ type }: TarEntry): string {
  return type === 'directory' ? 'mkdir' : type === 'symlink' ? 'symlink' : type === 'link' ? 'link' : type === 'file' ? 'open' : 'mknod';
}
