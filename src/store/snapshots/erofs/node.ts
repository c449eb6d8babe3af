/** By full name; values are bytes. */
export type Xattrs = ReadonlyMap<string, Uint8Array>;

/** Most files have none, and a map for each would be most of what a tree weighs. */
const noXattrs: Xattrs = new Map();

/**
 * One file of the tree that an index describes. A hard link is one node under several names. All fields from the start, so that tens of
 * thousands of them are of one shape to V8.
 */
export class IndexNode {
  /** Type and permissions, as in `st_mode`. */
  mode: number;
  uid = 0;
  gid = 0;
  mtimeSeconds = 0;
  mtimeNanoseconds = 0;
  xattrs = noXattrs;
  /** Directory: children by name, one character a byte (latin1), so that sorting strings sorts bytes. */
  children: Map<string, IndexNode> | undefined;
  /** Symbolic link: its target, one character a byte (latin1). */
  target: string | undefined;
  /** Of character and block devices; a character device 0/0 is overlay's whiteout. */
  device: { major: number; minor: number } | undefined;
  /** Of a regular file, bytes. */
  size = 0;
  /** Where the tar holds the file's data: a multiple of 512. */
  offset = 0;
  /** A sparse file: for each chunk of `512 << bits` bytes its first block in the tar, or `noBlock` for a hole. */
  chunks: { bits: number; blocks: readonly number[] } | undefined;
  /** Names that lead here, and where the inode lies: known once an index is written. */
  links = 0;
  position = 0;

  constructor(mode: number, children?: Map<string, IndexNode>) {
    this.mode = mode;
    this.children = children;
  }

  setXattr(name: string, value: Uint8Array): void {
    this.xattrs = new Map([...this.xattrs, [name, value]]);
  }
}
