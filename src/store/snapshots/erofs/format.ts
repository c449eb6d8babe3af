/**
 * The on-disk words of EROFS that an index over a tar needs. All numbers are little-endian.
 * Source: Linux, fs/erofs/erofs_fs.h; https://docs.kernel.org/filesystems/erofs.html
 */
export const superMagic = 0xe0f5e1e2;
export const superOffset = 1024;
export const superBytes = 128;
export const deviceSlotBytes = 128;

/** 512 bytes: a tar's own unit, so that every file's data begins on a block. */
export const blockBits = 9;
export const blockBytes = 1 << blockBits;

/** Inodes stand on multiples of this; their number is their position divided by it. */
export const inodeSlotBytes = 32;
export const extendedInodeBytes = 64;
export const direntBytes = 12;
export const chunkIndexBytes = 8;

export const feature = { chunkedFile: 0x4, deviceTable: 0x8 } as const;

/** Where the data of an inode is. */
export const layout = { flatPlain: 0, flatInline: 2, chunkBased: 4 } as const;
export const extendedInode = 1;
export const chunkIndexes = 0x20;
export const noBlock = 0xffffffff;

export const fileType = { regular: 1, directory: 2, character: 3, block: 4, fifo: 5, socket: 6, symlink: 7 } as const;

/** The bits of a mode that say what a file is. */
export const modeType = {
  fifo: 0o010000, character: 0o020000, directory: 0o040000, block: 0o060000, regular: 0o100000, symlink: 0o120000, socket: 0o140000,
} as const;

export const modeMask = 0o170000;

const typeByMode = new Map<number, number>([
  [modeType.fifo, fileType.fifo], [modeType.character, fileType.character], [modeType.directory, fileType.directory],
  [modeType.block, fileType.block], [modeType.regular, fileType.regular], [modeType.symlink, fileType.symlink],
  [modeType.socket, fileType.socket],
]);

export function direntType(mode: number): number {
  return typeByMode.get(mode & modeMask) ?? 0;
}

/** Prefixes of extended attributes have numbers; the name is stored without its prefix. */
export const xattrPrefixes: readonly (readonly [prefix: string, index: number])[] = [
  ['user.', 1], ['system.posix_acl_access', 2], ['system.posix_acl_default', 3], ['trusted.', 4], ['security.', 6],
];

export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
