import { planDirectory, writeDirectory } from './directory.ts';
import {
  blockBits, blockBytes, chunkIndexBytes, chunkIndexes, deviceSlotBytes, extendedInode, extendedInodeBytes, feature,
  inodeSlotBytes, layout, modeMask, modeType, noBlock, roundUp, superBytes, superMagic, superOffset,
} from './format.ts';
import type { IndexNode } from './node.ts';
import { encodeXattrs, xattrCount } from './xattrs.ts';

/** Inodes begin at the first block behind the superblock and the one device slot. */
const metaStart = roundUp(superOffset + superBytes + deviceSlotBytes, blockBytes);

/** What is known of a node before anything is written. */
interface Placed {
  node: IndexNode;
  parent: IndexNode;
  links: number;
  xattrs: Buffer;
  /** Names of a directory in order, with `.` and `..`. */
  names: string[];
  directory: { blocks: number[]; bytes: number } | undefined;
  /** Bytes of data that the index itself holds: directories and targets of links. */
  ownBytes: number;
  /** The last `inlineBytes` of them stand behind the inode. */
  inlineBytes: number;
  position: number;
  /** First block of the part that is not inline. */
  firstBlock: number;
}

/**
 * An EROFS image that holds every name and attribute of the tree and none of the files' data: those are blocks of a second
 * device, the layer's tar of `tarBytes` bytes. The same tree gives the same bytes.
 */
export function writeIndex(root: IndexNode, tarBytes: number): Buffer {
  const placed = collect(root);
  const metaEnd = placeInodes(placed);
  const end = placeBlocks(placed, metaEnd);
  const image = Buffer.alloc(end);
  const numberOf = new Map(placed.map((each) => [each.node, (each.position - metaStart) / inodeSlotBytes]));
  placed.forEach((each, index) => writeNode(image, each, index + 1, numberOf));
  writeSuper(image, { inodes: placed.length, tarBytes });
  return image;
}

/** Every node once, the root first (its number must fit in 16 bits), parents before children. */
function collect(root: IndexNode): Placed[] {
  const byNode = new Map<IndexNode, Placed>();
  const queue: { node: IndexNode; parent: IndexNode }[] = [{ node: root, parent: root }];
  for (let at = 0; at < queue.length; at++) {
    const { node, parent } = queue[at]!;
    const seen = byNode.get(node);
    if (seen !== undefined) {
      seen.links += 1;
      continue;
    }
    byNode.set(node, prepare(node, parent));
    for (const child of node.children?.values() ?? []) queue.push({ node: child, parent: node });
  }
  return [...byNode.values()];
}

const noNames: string[] = [];

function prepare(node: IndexNode, parent: IndexNode): Placed {
  const names = node.children === undefined ? noNames : ['.', '..', ...node.children.keys()].sort();
  const directory = node.children === undefined ? undefined : planDirectory(names);
  let subdirectories = 0;
  if (node.children !== undefined) for (const child of node.children.values()) if (child.children !== undefined) subdirectories++;
  return {
    node, parent, names, directory,
    links: directory === undefined ? 1 : 2 + subdirectories,
    xattrs: encodeXattrs(node.xattrs),
    ownBytes: directory?.bytes ?? node.target?.length ?? 0,
    inlineBytes: 0, position: 0, firstBlock: 0,
  };
}

/** Gives every inode its place. A tail that shares the inode's block is kept there: one read gets both. */
function placeInodes(placed: Placed[]): number {
  let at = metaStart;
  for (const each of placed) {
    const headBytes = extendedInodeBytes + each.xattrs.length;
    const tail = each.ownBytes % blockBytes;
    if (tail > 0 && headBytes + tail <= blockBytes) {
      each.inlineBytes = tail;
      if ((at % blockBytes) + headBytes + tail > blockBytes) at = roundUp(at, blockBytes);
    }
    each.position = at;
    const chunks = chunksOf(each.node).blocks.length;
    const chunkBytes = chunks === 0 ? 0 : roundUp(headBytes, chunkIndexBytes) - headBytes + chunks * chunkIndexBytes;
    at = roundUp(at + headBytes + each.inlineBytes + chunkBytes, inodeSlotBytes);
  }
  return at;
}

function placeBlocks(placed: Placed[], metaEnd: number): number {
  let block = roundUp(metaEnd, blockBytes) / blockBytes;
  for (const each of placed) {
    each.firstBlock = block;
    block += Math.ceil((each.ownBytes - each.inlineBytes) / blockBytes);
  }
  return block * blockBytes;
}

function hasChunks(node: IndexNode): boolean {
  return node.data !== undefined && node.data.size > 0;
}

function writeNode(image: Buffer, each: Placed, serial: number, numberOf: ReadonlyMap<IndexNode, number>): void {
  const { node, position } = each;
  const kind = hasChunks(node) ? layout.chunkBased : each.inlineBytes > 0 ? layout.flatInline : layout.flatPlain;
  image.writeUInt16LE(extendedInode | (kind << 1), position);
  image.writeUInt16LE(xattrCount(each.xattrs.length), position + 2);
  image.writeUInt16LE(node.mode, position + 4);
  writeUint64(image, node.data?.size ?? each.ownBytes, position + 8);
  image.writeUInt32LE(locationWord(each), position + 16);
  image.writeUInt32LE(serial, position + 20);
  image.writeUInt32LE(node.uid >>> 0, position + 24);
  image.writeUInt32LE(node.gid >>> 0, position + 28);
  writeUint64(image, node.mtimeSeconds, position + 32);
  image.writeUInt32LE(node.mtimeNanoseconds, position + 40);
  image.writeUInt32LE(each.links, position + 44);
  each.xattrs.copy(image, position + extendedInodeBytes);
  if (hasChunks(node)) writeChunks(image, each);
  if (each.ownBytes > 0) writeOwnData(image, each, numberOf);
}

/** Two's complement for what is below zero. */
function writeUint64(image: Buffer, value: number, at: number): void {
  image.writeUInt32LE(value >>> 0, at);
  image.writeInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

/** The union behind the size: device number, first block, or how chunks are indexed. */
function locationWord({ node, firstBlock }: Placed): number {
  if (node.device !== undefined) return encodeDevice(node.device);
  if (hasChunks(node)) return chunkIndexes | chunksOf(node).bits;
  const type = node.mode & modeMask;
  return type === modeType.directory || type === modeType.symlink ? firstBlock : 0;
}

/** Linux's new_encode_dev(). */
function encodeDevice({ major, minor }: { major: number; minor: number }): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

/** How a file's data is indexed: as given for a sparse file, else one chunk, the smallest power of two of blocks that holds the whole file. */
function chunksOf(node: IndexNode): { bits: number; blocks: readonly number[] } {
  if (!hasChunks(node)) return { bits: 0, blocks: [] };
  const { size, offset, chunks } = node.data!;
  return chunks ?? { bits: Math.min(31, Math.ceil(Math.log2(Math.ceil(size / blockBytes)))), blocks: [offset / blockBytes] };
}

/** The indexes behind the inode: each names the second device and a block of it, where the chunk begins. */
function writeChunks(image: Buffer, { node, position, xattrs }: Placed): void {
  const base = roundUp(position + extendedInodeBytes + xattrs.length, chunkIndexBytes);
  chunksOf(node).blocks.forEach((block, index) => {
    image.writeUInt16LE(block === noBlock ? 0 : 1, base + index * chunkIndexBytes + 2);
    image.writeUInt32LE(block, base + index * chunkIndexBytes + 4);
  });
}

function writeOwnData(image: Buffer, each: Placed, numberOf: ReadonlyMap<IndexNode, number>): void {
  const bytes = each.directory === undefined
    ? Buffer.from(each.node.target!, 'latin1')
    : writeDirectory(each.directory, each.names.map((name) => directoryEntry(each, name, numberOf)));
  const outside = bytes.length - each.inlineBytes;
  bytes.copy(image, each.firstBlock * blockBytes, 0, outside);
  bytes.copy(image, each.position + extendedInodeBytes + each.xattrs.length, outside);
}

function directoryEntry(each: Placed, name: string, numberOf: ReadonlyMap<IndexNode, number>) {
  const node = name === '.' ? each.node : name === '..' ? each.parent : each.node.children!.get(name)!;
  return { name, mode: node.mode, inode: numberOf.get(node)! };
}

function writeSuper(image: Buffer, facts: { inodes: number; tarBytes: number }): void {
  const at = superOffset;
  image.writeUInt32LE(superMagic, at);
  image.writeUInt8(blockBits, at + 12);
  image.writeUInt16LE(0, at + 14); // the root is the first inode
  image.writeBigUInt64LE(BigInt(facts.inodes), at + 16);
  image.writeUInt32LE(image.length / blockBytes, at + 36);
  image.writeUInt32LE(metaStart / blockBytes, at + 40);
  image.writeUInt32LE(feature.chunkedFile | feature.deviceTable, at + 80);
  image.writeUInt16LE(1, at + 86);
  image.writeUInt16LE((superOffset + superBytes) / deviceSlotBytes, at + 88);
  image.writeUInt32LE(Math.ceil(facts.tarBytes / blockBytes), superOffset + superBytes + 64);
}
