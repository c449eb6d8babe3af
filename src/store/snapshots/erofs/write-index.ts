import { planDirectory, writeDirectory, type DirectoryPlan } from './directory.ts';
import {
  blockBits, blockBytes, chunkIndexBytes, chunkIndexes, deviceSlotBytes, extendedInode, extendedInodeBytes, feature,
  inodeSlotBytes, layout, modeMask, modeType, noBlock, roundUp, superBytes, superMagic, superOffset,
} from './format.ts';
import type { IndexNode } from './node.ts';
import { encodeXattrs, xattrCount } from './xattrs.ts';

/** Inodes begin at the first block behind the superblock and the one device slot. */
const metaStart = roundUp(superOffset + superBytes + deviceSlotBytes, blockBytes);

/** What stands behind an inode or belongs to it in the index; most files have nothing. */
interface Appendix {
  xattrs: Buffer;
  directory: DirectoryPlan | undefined;
  /** Bytes of data that the index itself holds: directories and targets of links. */
  ownBytes: number;
  /** The last `inlineBytes` of them stand behind the inode. */
  inlineBytes: number;
  /** First block of the part that is not inline. */
  firstBlock: number;
}

/**
 * An EROFS image that holds every name and attribute of the tree and none of the files' data: those are blocks of a second
 * device, the layer's tar of `tarBytes` bytes. The same tree gives the same bytes.
 */
export function writeIndex(root: IndexNode, tarBytes: number): Buffer {
  const nodes = collect(root);
  const appendices = nodes.map(({ node, parent }) => appendixOf(node, parent));
  const metaEnd = placeInodes(nodes, appendices);
  const image = Buffer.alloc(placeBlocks(appendices, metaEnd));
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  nodes.forEach(({ node }, index) => writeNode({ image, view, node, serial: index + 1 }, appendices[index]));
  writeSuper(image, { inodes: nodes.length, tarBytes });
  return image;
}

interface Found { node: IndexNode; parent: IndexNode }

/** Every node once, the root first (its number must fit in 16 bits), parents before children. */
function collect(root: IndexNode): Found[] {
  const found: Found[] = [{ node: root, parent: root }];
  root.links = 2;
  for (let at = 0; at < found.length; at++) {
    const parent = (found[at] as Found).node;
    if (parent.children === undefined) continue;
    for (const node of parent.children.values()) {
      if (node.children !== undefined) {
        node.links = 2;
        parent.links += 1;
      } else if (++node.links > 1) {
        continue;
      }
      found.push({ node, parent });
    }
  }
  return found;
}

function appendixOf(node: IndexNode, parent: IndexNode): Appendix | undefined {
  if (node.children === undefined && node.target === undefined && node.xattrs.size === 0) return undefined;
  const directory = node.children === undefined ? undefined : planDirectory(node, parent);
  return { xattrs: encodeXattrs(node.xattrs), directory, ownBytes: directory?.bytes ?? node.target?.length ?? 0, inlineBytes: 0, firstBlock: 0 };
}

/** Gives every inode its place. A tail that shares the inode's block is kept there: one read gets both. */
function placeInodes(nodes: readonly Found[], appendices: readonly (Appendix | undefined)[]): number {
  let at = metaStart;
  nodes.forEach(({ node }, index) => {
    const appendix = appendices[index];
    const headBytes = extendedInodeBytes + (appendix?.xattrs.length ?? 0);
    if (appendix !== undefined) at = placeTail(appendix, headBytes, at);
    node.position = at;
    const chunks = chunkCount(node);
    const chunkBytes = chunks === 0 ? 0 : roundUp(headBytes, chunkIndexBytes) - headBytes + chunks * chunkIndexBytes;
    at = roundUp(at + headBytes + (appendix?.inlineBytes ?? 0) + chunkBytes, inodeSlotBytes);
  });
  return at;
}

/** Where the inode can stand that has its tail behind it. */
function placeTail(appendix: Appendix, headBytes: number, at: number): number {
  const tail = appendix.ownBytes % blockBytes;
  if (tail === 0 || headBytes + tail > blockBytes) return at;
  appendix.inlineBytes = tail;
  return (at % blockBytes) + headBytes + tail > blockBytes ? roundUp(at, blockBytes) : at;
}

function placeBlocks(appendices: readonly (Appendix | undefined)[], metaEnd: number): number {
  let block = roundUp(metaEnd, blockBytes) / blockBytes;
  for (const appendix of appendices) {
    if (appendix === undefined) continue;
    appendix.firstBlock = block;
    block += Math.ceil((appendix.ownBytes - appendix.inlineBytes) / blockBytes);
  }
  return block * blockBytes;
}

interface Writing { image: Buffer; view: DataView; node: IndexNode; serial: number }

function writeNode(writing: Writing, appendix: Appendix | undefined): void {
  const { view, node, serial } = writing;
  const { position } = node;
  const kind = node.size > 0 ? layout.chunkBased : (appendix?.inlineBytes ?? 0) > 0 ? layout.flatInline : layout.flatPlain;
  view.setUint16(position, extendedInode | (kind << 1), true);
  view.setUint16(position + 2, xattrCount(appendix?.xattrs.length ?? 0), true);
  view.setUint16(position + 4, node.mode, true);
  setUint64(view, position + 8, node.size > 0 ? node.size : appendix?.ownBytes ?? 0);
  view.setUint32(position + 16, locationWord(node, appendix), true);
  view.setUint32(position + 20, serial, true);
  view.setUint32(position + 24, node.uid, true);
  view.setUint32(position + 28, node.gid, true);
  setUint64(view, position + 32, node.mtimeSeconds);
  view.setUint32(position + 40, node.mtimeNanoseconds, true);
  view.setUint32(position + 44, node.links, true);
  if (appendix !== undefined) writeAppendix(writing, appendix);
  if (node.size > 0) writeChunks(writing, appendix);
}

/** Two's complement for what is below zero. */
function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
}

/** The union behind the size: device number, first block, or how chunks are indexed. */
function locationWord(node: IndexNode, appendix: Appendix | undefined): number {
  if (node.device !== undefined) return encodeDevice(node.device);
  if (node.size > 0) return chunkIndexes | chunkBits(node);
  const type = node.mode & modeMask;
  return type === modeType.directory || type === modeType.symlink ? appendix?.firstBlock ?? 0 : 0;
}

/** Linux's new_encode_dev(). */
function encodeDevice({ major, minor }: { major: number; minor: number }): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

/** How a file's data is indexed: as given for a sparse file, else one chunk. */
function chunkCount(node: IndexNode): number {
  return node.size === 0 ? 0 : node.chunks?.blocks.length ?? 1;
}

/** The smallest power of two of blocks that holds the whole file. */
function chunkBits({ size, chunks }: IndexNode): number {
  if (chunks !== undefined) return chunks.bits;
  let bits = 0;
  while (bits < 31 && blockBytes * 2 ** bits < size) bits++;
  return bits;
}

/** The indexes behind the inode: each names the second device and a block of it, where the chunk begins. */
function writeChunks({ view, node }: Writing, appendix: Appendix | undefined): void {
  const base = roundUp(node.position + extendedInodeBytes + (appendix?.xattrs.length ?? 0), chunkIndexBytes);
  const { chunks } = node;
  const count = chunkCount(node);
  for (let index = 0; index < count; index++) {
    const block = chunks === undefined ? node.offset / blockBytes : chunks.blocks[index] as number;
    view.setUint16(base + index * chunkIndexBytes + 2, block === noBlock ? 0 : 1, true);
    view.setUint32(base + index * chunkIndexBytes + 4, block, true);
  }
}

function writeAppendix({ image, node }: Writing, { xattrs, directory, ownBytes, inlineBytes, firstBlock }: Appendix): void {
  const behind = node.position + extendedInodeBytes;
  xattrs.copy(image, behind);
  const outside = ownBytes - inlineBytes;
  const placeOf = (block: number): number => (block * blockBytes < outside ? firstBlock * blockBytes + block * blockBytes : behind + xattrs.length);
  if (directory !== undefined) {
    writeDirectory(image, directory, { placeOf, numberOf: (position) => (position - metaStart) / inodeSlotBytes });
  } else if (node.target !== undefined) {
    image.write(node.target.slice(0, outside), firstBlock * blockBytes, 'latin1');
    image.write(node.target.slice(outside), behind + xattrs.length, 'latin1');
  }
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
