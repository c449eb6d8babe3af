import type { Readable } from 'node:stream';
import type { Digest } from '../../oci/digest.ts';

export type { Digest };

/**
 * Blobs by digest (`content/blobs/<algorithm>/<hex>`, an OCI layout). A blob that is there is whole and was verified; it survives the
 * death of the daemon at once, and a power cut after settle(): whoever makes a record that names content settles it first.
 * Theory: containerd's content store; https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export interface ContentStore extends ContentProvider {
  /** Starts or resumes an ingest under `key`; bytes go to `ingest/<key>` and appear under their digest at commit. */
  ingest(key: string, expected?: IngestOptions): Promise<Ingest>;
  /** Whole small blob at once; verifies `digest` when given. */
  put(bytes: Uint8Array, digest?: Digest): Promise<{ digest: Digest; size: number }>;
  /** These are on disk when it resolves: the one wait for the disk, for all that an operation brought. Missing ones are passed over. */
  settle(digests: Iterable<Digest>): Promise<void>;
  /** Gone by name before it returns; its space comes free a little later. The bytes it had, or undefined when it was not there. */
  delete(digest: Digest): Promise<number | undefined>;
  list(): AsyncIterable<{ digest: Digest; size: number }>;
  /** As list(), by name alone. */
  digests(): Promise<Digest[]>;
  /** Removes ingests untouched since `olderThanMs`; resumable ones may wait longer for the next try. */
  sweepIngests(olderThanMs: number, options?: { resumableOlderThanMs: number }): Promise<void>;
}

export interface IngestOptions {
  digest?: Digest;
  /** Bytes. */
  size?: number;
  /** A later try may go on where this one stops, also after the daemon died. */
  resumable?: boolean;
  /** Called just before the blob appears, so that a lease can hold it before a collection sees it. */
  announce?: (digest: Digest) => void;
}

export interface ContentProvider {
  size(digest: Digest): Promise<number | undefined>;
  /** The file that holds the blob: for workers and for mounts. */
  path(digest: Digest): string;
  /** @throws notFound */
  read(digest: Digest, range?: { start: number; end?: number }): Promise<Readable>;
  /** @throws notFound; `invalid` when larger than `maxBytes`. */
  bytes(digest: Digest, maxBytes: number): Promise<Buffer>;
}

export interface Ingest {
  /** Bytes already there from an earlier try. */
  readonly offset: number;
  /** The file that grows with each write; renamed at commit. */
  readonly path: string;
  write(...chunks: Uint8Array[]): Promise<void>;
  /** Starts again from nothing. */
  truncate(): Promise<void>;
  /** Verifies, renames. @throws invalid on a wrong digest or size, with nothing kept. */
  commit(): Promise<{ digest: Digest; size: number }>;
  /** Keeps the partial file, for a later resume. */
  close(): Promise<void>;
  /** Removes the partial file. */
  abort(): Promise<void>;
}
