/** One member of an archive, with every extension already folded in. */
export interface TarEntry {
  /** As the archive says it; hostile until checked. Directories may end in a slash. Not UTF-8: see file-names.ts; so is `linkName`. */
  name: string;
  type: TarEntryType;
  /** Permission bits, setuid, setgid and sticky (07777). */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of the body that follows. 0 for everything but regular files. */
  size: number;
  /** Of the file as it will be: larger than `size` when sparse. */
  realSize: number;
  mtime: TarTime;
  /** Target of a symlink or hard link. */
  linkName: string;
  deviceMajor: number;
  deviceMinor: number;
  /** Extended attributes by name (`security.capability`). */
  xattrs: ReadonlyMap<string, Uint8Array>;
  /** Parts of a sparse file that the body holds, one after the other; absent for plain files. */
  sparse?: readonly { offset: number; size: number }[];
}

export type TarEntryType = 'file' | 'link' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/** Whole seconds since the epoch (may be negative) and 0 to 999,999,999 nanoseconds. */
export interface TarTime { seconds: number; nanoseconds: number }

/** What the decoder tells, in the archive's order: entry, its body in pieces, end of the entry. */
export interface TarHandler {
  /** `bodyOffset`: where in the archive the body begins, bytes. */
  entry(entry: TarEntry, bodyOffset: number): void;
  /** Only valid during the call. Left out, bodies are passed over. */
  body?(chunk: Uint8Array): void;
  entryEnd?(): void;
}
