import type { Readable } from 'node:stream';
import type { Digest } from '../../oci/digest.ts';
import type { ContainerConfig } from '../../oci/container.ts';

/** What a client can ask of the files of a container, running or not. Paths are the container's; links in them never lead out of it. */
export interface FileVerbs {
  stat(container: string, path: string): Promise<PathStat>;
  /** A tar of the file or directory, its top named as the last part of `path`. */
  read(container: string, path: string, signal: AbortSignal): Promise<{ stat: PathStat; tar: Readable }>;
  /** Extracts a tar (of any compression) into a directory that is there. */
  write(container: string, path: string, tar: Readable, options: WriteOptions): Promise<void>;
  /** The whole root filesystem without volumes. */
  export(container: string, signal: AbortSignal): Promise<Readable>;
  /** What differs from the image, parents before children. */
  changes(container: string): Promise<Change[]>;
  /** A new image: the container's image plus one layer of what differs. */
  commit(container: string, options: CommitOptions): Promise<Digest>;
}

export interface PathStat {
  name: string;
  size: number;
  /** `st_mode`. */
  mode: number;
  /** RFC 3339 with nanoseconds. */
  mtime: string;
  /** Of a link: where it leads, as a path of the container; else "". */
  linkTarget: string;
}

export interface WriteOptions {
  noOverwriteDirNonDir: boolean;
  /** Everything will belong to the container's user, when it has one that was named. */
  copyUidGid: boolean;
  signal: AbortSignal;
}

/** Docker's numbers: 0 modified, 1 added, 2 deleted. */
export interface Change { path: string; kind: 0 | 1 | 2 }

export interface CommitOptions {
  repository: string;
  tag: string;
  comment: string;
  author: string;
  pause: boolean;
  changes: string[];
  /** Fields that replace the container's own. */
  config?: ContainerConfig;
  signal: AbortSignal;
}
