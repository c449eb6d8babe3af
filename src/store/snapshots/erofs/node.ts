/** One file of the tree that an index describes. A hard link is one node under several names. */
export interface IndexNode {
  /** Type and permissions, as in `st_mode`. */
  mode: number;
  uid: number;
  gid: number;
  mtimeSeconds: number;
  mtimeNanoseconds: number;
  /** Of character and block devices; a character device 0/0 is overlay's whiteout. */
  device?: { major: number; minor: number };
  /** By full name; values are bytes. */
  xattrs: Map<string, Uint8Array>;
  /** Symbolic link: its target, one character a byte (latin1). */
  target?: string;
  /** Regular file: where the tar holds it. */
  data?: FileData;
  /** Directory: children by name, one character a byte (latin1), so that sorting strings sorts bytes. */
  children?: Map<string, IndexNode>;
}

export interface FileData {
  /** Bytes. */
  size: number;
  /** Offset in the tar, a multiple of 512. */
  offset: number;
  /** A sparse file: for each chunk of `512 << bits` bytes its first block in the tar, or `noBlock` for a hole. */
  chunks?: { bits: number; blocks: readonly number[] };
}
