import type { MessagePort } from 'node:worker_threads';
import type { ErrorKind } from '../../base/errors.ts';
import type { Extracted } from './extract-job.ts';
import type { LayerFile } from './growth.ts';

/** What the daemon asks of an extraction worker. */
export type WorkerJob =
  | {
    kind: 'extract';
    directory: string;
    /** A blob of any compression, or chunks that come over `port`. */
    source: LayerFile | 'port';
    port?: MessagePort;
    whiteouts: 'overlay' | 'none';
    /** See ExtractOptions. */
    into?: readonly string[];
    owner?: { uid: number; gid: number };
    keepKinds?: boolean;
    maxBytes: number;
    /** Not 0: stop at the next chunk. A thread is never terminated in the middle: its descriptors would leak. */
    cancelled: Int32Array;
    /** Everything is on disk when the reply comes. */
    sync: boolean;
  }
  | {
    /** Keeps the layer's tar in `folder` and writes the index beside it. */
    kind: 'index';
    folder: string;
    source: LayerFile | 'port';
    port?: MessagePort;
    maxBytes: number;
    cancelled: Int32Array;
  }
  /** See LayerForm.inherit: `folder` holds the tree, or the tar and its index. */
  | { kind: 'inherit'; form: 'directories' | 'erofs'; folder: string; implied: readonly string[]; lowers: readonly string[] }
  /** Files and directories by themselves, and everything of the filesystem that holds `tree`, are on disk when the reply comes. */
  | { kind: 'sync'; files: readonly string[]; tree?: string }
  | { kind: 'remove'; path: string }
  /** See copyTree: `to` is an empty directory. Paths may name descriptors, which threads share. */
  | { kind: 'copy'; from: string; to: string };

export type WorkerReply =
  | { ok: true; extracted?: Extracted }
  | { ok: false; kind: ErrorKind; message: string; hint?: string; code?: string };
