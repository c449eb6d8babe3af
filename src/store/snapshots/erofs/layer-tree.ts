import { GantryError } from '../../../base/errors.ts';
import { decodeName, encodeName } from '../../../base/file-names.ts';
import type { TarEntry, TarHandler } from '../../../base/tar/entry.ts';
import { cleanParts, maxPath } from '../archive-names.ts';
import { shownBytes } from '../entry-attributes.ts';
import { ImpliedDirectories, type DirectoryAttributes } from '../implied-directories.ts';
import { modeMask, modeType } from './format.ts';
import { IndexNode, type Xattrs } from './node.ts';
import { NotIndexable, sparseData } from './sparse-data.ts';
import { fitsInode } from './xattrs.ts';

const opaqueMarker = '.wh..wh..opq';
const whiteoutPrefix = '.wh.';
const opaqueAttribute = 'trusted.overlay.opaque';
const yes = Buffer.from('y');
const maxLinks = 40;
const maxNear = 1000;
/** Linux's own limits, bytes. An index can say more, and the kernel then calls the whole directory damaged. */
const maxName = 255;
const maxTarget = 4095;
/** What anything but a regular file counts for in the bound of what is made. */
const nodeBytes = 4096;

/**
 * The tree that a layer's tar describes, built from its headers alone. It comes to what extraction into a directory makes
 * (`../extract.ts`): the same members win, links are followed inside the tree only, whiteouts and opaque markers become overlay's.
 */
export class LayerTree implements TarHandler {
  readonly root: IndexNode = directory();
  /** Bytes of regular files and of what links point to: what Docker calls a layer's size. */
  unpackedBytes = 0;
  readonly #maxBytes: number;
  #boundedBytes = 0;
  /** Made because members lie in them. */
  readonly #implied = new Set<IndexNode>();
  /** Where members lay lately, by path: most lie beside one of the last. Cleared when a path may lead elsewhere. */
  readonly #near = new Map<string, Directory>();

  constructor(options: { maxBytes: number }) {
    this.#maxBytes = options.maxBytes;
  }

  entry(entry: TarEntry, bodyOffset: number): void {
    const { name } = entry;
    const slash = name.lastIndexOf('/');
    const isPlain = slash > 0 && slash < name.length - 1 && name.length <= maxPath;
    const near = isPlain ? this.#near.get(name.slice(0, slash)) : undefined;
    const own = near === undefined ? '' : name.slice(slash + 1);
    if (near !== undefined && own !== '.' && own !== '..') return this.#member({ parent: near, name: own }, entry, bodyOffset);
    const parts = cleanParts(name);
    const last = parts.pop();
    if (last === undefined) {
      if (entry.type !== 'directory') throw refused(name, 'it is no file name');
      describe(this.root, entry);
      return;
    }
    const parent = this.#directoryAt(parts, name);
    if (isPlain) this.#remember(name.slice(0, slash), parent);
    this.#member({ parent, name: last }, entry, bodyOffset);
  }

  #remember(path: string, directory: Directory): void {
    if (this.#near.size >= maxNear) this.#near.clear();
    this.#near.set(path, directory);
  }

  #member({ parent, name }: { parent: Directory; name: string }, entry: TarEntry, bodyOffset: number): void {
    if (name.startsWith(whiteoutPrefix)) this.#whiteout(parent, name);
    else this.#put(parent, keyOf(name), { entry, bodyOffset });
  }

  #put(parent: Directory, key: string, { entry, bodyOffset }: { entry: TarEntry; bodyOffset: number }): void {
    this.#count(entry.type === 'file' ? entry.size : nodeBytes);
    this.unpackedBytes += shownBytes(entry);
    const there = parent.children.get(key);
    // A path may lead elsewhere now.
    if (there?.children !== undefined || there?.target !== undefined) this.#near.clear();
    if (entry.type === 'link') {
      parent.children.set(key, this.#linkTarget(entry));
      return;
    }
    if (entry.type !== 'directory') {
      parent.children.set(key, described(entry, bodyOffset));
      return;
    }
    if (there?.children !== undefined) {
      const opaque = there.xattrs.get(opaqueAttribute);
      this.#implied.delete(there);
      describe(there, entry);
      if (opaque !== undefined) there.setXattr(opaqueAttribute, opaque);
      return;
    }
    const made = directory();
    describe(made, entry);
    // A directory in place of a whiteout of the same layer hides what was below.
    if (there !== undefined && isWhiteout(there)) made.setXattr(opaqueAttribute, yes);
    parent.children.set(key, made);
  }

  #whiteout(parent: Directory, name: string): void {
    if (name === opaqueMarker) {
      parent.setXattr(opaqueAttribute, yes);
      return;
    }
    if (name.startsWith('.wh..wh.')) return;
    const hidden = name.slice(whiteoutPrefix.length);
    if (hidden === '' || hidden === '.' || hidden === '..') throw refused(name, 'it is no whiteout');
    const key = keyOf(hidden);
    const there = parent.children.get(key);
    if (there === undefined) {
      this.#count(nodeBytes);
      parent.children.set(key, whiteout());
    } else if (there.children !== undefined) {
      there.setXattr(opaqueAttribute, yes);
    }
  }

  #linkTarget(entry: TarEntry): IndexNode {
    const target = cleanParts(entry.linkName);
    const last = target.at(-1);
    const found = last === undefined ? undefined : this.#find(target.slice(0, -1))?.children.get(bytesOf(last));
    if (found === undefined) throw refused(entry.name, `it is a hard link to ${JSON.stringify(entry.linkName.slice(0, 200))}, which is not in the layer`);
    if (found.children !== undefined) throw refused(entry.name, 'it is a hard link to a directory');
    return found;
  }

  /** The directory at a path; missing ones are made. Links on the way are followed, and never lead out. */
  #directoryAt(parts: readonly string[], member: string): Directory {
    const found = this.#walk(parts, (parent, key) => {
      const there = parent.children.get(key);
      if (there !== undefined && !isWhiteout(there)) return undefined;
      if (key.length > maxName) throw tooLong(member);
      this.#count(nodeBytes);
      const made = directory();
      // In place of a whiteout it is a new one, and what was below is nothing to it.
      if (there !== undefined) made.setXattr(opaqueAttribute, yes);
      else this.#implied.add(made);
      parent.children.set(key, made);
      return made;
    });
    if (found === undefined) throw refused(member, 'a part of its path is no directory');
    return found;
  }

  /** See ImpliedDirectories: those that layers below may say more of. */
  get implied(): string[] {
    const found = new ImpliedDirectories();
    const walk = (parent: IndexNode, prefix: string): void => {
      // What lies in an opaque directory has nothing below it.
      if (parent.xattrs.has(opaqueAttribute)) return;
      for (const [key, node] of parent.children ?? []) {
        const path = prefix + decodeName(Buffer.from(key, 'latin1'));
        // Links can lead to deeper ones; nobody names those from the top.
        if (node.children === undefined || path.length > maxPath) continue;
        if (this.#implied.has(node)) found.add(path);
        walk(node, `${path}/`);
      }
    };
    if (this.#implied.size > 0) walk(this.root, '');
    return found.paths;
  }

  /** An implied directory takes what a layer below says of it. */
  inherit(path: string, { mode, xattrs, ...rest }: DirectoryAttributes): void {
    const node = this.#find(path.split('/'));
    if (node === undefined || !this.#implied.has(node)) return;
    Object.assign(node, { ...rest, mode: modeType.directory | mode });
    for (const [name, value] of xattrs) node.setXattr(name, value);
  }

  #find(parts: readonly string[]): Directory | undefined {
    return this.#walk(parts, () => undefined);
  }

  /** `missing` may make the next directory. Undefined when the way ends. */
  #walk(parts: readonly string[], missing: (parent: Directory, key: string) => Directory | undefined): Directory | undefined {
    const path: Directory[] = [this.root as Directory];
    const todo = parts.map(bytesOf).reverse();
    for (let links = 0; todo.length > 0;) {
      const part = todo.pop()!;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (path.length > 1) path.pop();
        continue;
      }
      const parent = path.at(-1)!;
      const there = missing(parent, part) ?? parent.children.get(part);
      if (there?.target !== undefined) {
        if (++links > maxLinks) return undefined;
        if (there.target.startsWith('/')) path.length = 1;
        todo.push(...there.target.split('/').reverse());
      } else if (isDirectory(there)) {
        path.push(there);
      } else {
        return undefined;
      }
    }
    return path.at(-1);
  }

  #count(bytes: number): void {
    this.#boundedBytes += bytes;
    if (this.#boundedBytes > this.#maxBytes) throw new GantryError('invalid', `invalid archive: it unpacks to more than ${this.#maxBytes} bytes`);
  }
}

type Directory = IndexNode & { children: Map<string, IndexNode> };

function isDirectory(node: IndexNode | undefined): node is Directory {
  return node?.children !== undefined;
}

function isWhiteout(node: IndexNode): boolean {
  return (node.mode & modeMask) === modeType.character && node.device?.major === 0 && node.device.minor === 0;
}

function directory(): Directory {
  return new IndexNode(modeType.directory | 0o755, new Map()) as Directory;
}

function whiteout(): IndexNode {
  const node = new IndexNode(modeType.character);
  node.device = { major: 0, minor: 0 };
  return node;
}

function described(entry: TarEntry, bodyOffset: number): IndexNode {
  const node = new IndexNode(0);
  describe(node, entry);
  if (entry.type === 'symlink') node.target = targetOf(entry);
  else if (entry.type === 'character' || entry.type === 'block') node.device = { major: entry.deviceMajor, minor: entry.deviceMinor };
  else if (entry.type === 'file') {
    node.size = entry.realSize;
    node.offset = bodyOffset;
    if (entry.sparse !== undefined) node.chunks = sparseData({ size: entry.realSize, parts: entry.sparse, offset: bodyOffset, name: entry.name });
  }
  return node;
}

/** What a member says of a file, apart from what is in it. */
function describe(node: IndexNode, entry: TarEntry): void {
  node.mode = typeBits[entry.type] | (entry.type === 'symlink' ? 0o777 : entry.mode);
  node.uid = entry.uid;
  node.gid = entry.gid;
  node.mtimeSeconds = entry.mtime.seconds;
  node.mtimeNanoseconds = entry.mtime.nanoseconds;
  node.xattrs = entry.xattrs.size === 0 ? entry.xattrs : attributesOf(entry);
}

/** Overlay's own attributes are orders to the kernel, not content. @throws NotIndexable for more than an inode can have here */
function attributesOf(entry: TarEntry): Xattrs {
  const xattrs = new Map([...entry.xattrs].filter(([name]) => !/^(?:trusted|user)\.overlay\./.test(name)));
  if (!fitsInode(xattrs)) throw new NotIndexable(`the attributes of ${entry.name.slice(0, 200)} are too large`);
  return xattrs;
}

function targetOf(entry: TarEntry): string {
  const target = bytesOf(entry.linkName);
  if (target === '') throw refused(entry.name, 'it is a symbolic link to nothing');
  if (target.length > maxTarget) throw tooLong(entry.name);
  return target;
}

const typeBits: Record<Exclude<TarEntry['type'], 'link'>, number> & { link: number } = {
  file: modeType.regular, directory: modeType.directory, symlink: modeType.symlink, character: modeType.character,
  block: modeType.block, fifo: modeType.fifo, link: 0,
};

/** One character a byte, so that comparing strings compares bytes. */
function bytesOf(name: string): string {
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(name) ? name : encodeName(name).toString('latin1');
}

function keyOf(name: string): string {
  const key = bytesOf(name);
  if (key.length > maxName) throw tooLong(name);
  return key;
}

function tooLong(name: string): GantryError {
  return new GantryError('invalid', `invalid archive: cannot make ${JSON.stringify(name.slice(0, 200))} (ENAMETOOLONG)`);
}

function refused(name: string, why: string): GantryError {
  return new GantryError('invalid', `invalid archive: cannot make ${JSON.stringify(name.slice(0, 200))}: ${why}`);
}
