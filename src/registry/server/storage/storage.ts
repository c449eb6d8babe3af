import type { Readable } from 'node:stream';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { BlobIngest } from '../../client/fetch-blobs.ts';

/** What the server needs of disk. The engine's content store serves as `blobs`; the rest is the registry's own. */
export interface RegistryStorage {
  blobs: BlobStore;
  repositories: RepositoryStore;
  uploads: UploadStore;
  /** Keeps these from whoever else collects the blobs, until it is disposed of. */
  guard?: (digests: readonly Digest[]) => Disposable;
}

/** A blob that is being written. */
export interface GrowingIngest extends BlobIngest {
  /** The file that grows with each write; it is renamed or removed at the end. */
  readonly path: string;
}

/** Content by digest, shared by all repositories. A blob that is there is whole and was verified. */
export interface BlobStore {
  size(digest: Digest): Promise<number | undefined>;
  /** `end` is inclusive. @throws notFound */
  read(digest: Digest, range?: { start: number; end?: number }): Promise<Readable>;
  /** @throws notFound; `invalid` when larger than `maxBytes` */
  bytes(digest: Digest, maxBytes: number): Promise<Buffer>;
  put(bytes: Uint8Array, digest?: Digest): Promise<{ digest: Digest; size: number }>;
  /** Starts or resumes; what was closed survives a restart. */
  ingest(key: string, expected?: { digest?: Digest; size?: number }): Promise<GrowingIngest>;
  /** What is here is on disk when it resolves: before a link names what somebody else has brought. */
  settle(digests: readonly Digest[]): Promise<void>;
  delete(digest: Digest): Promise<boolean>;
  list(): AsyncIterable<{ digest: Digest; size: number }>;
  /** Removes what was begun and never ended, when nobody touched it since then. */
  sweepIngests(untouchedSinceMs: number): Promise<void>;
}

/**
 * Which repository has what. Every method is durable when it answers. A blob's link counts as fresh for a while (`linkedAtMs`),
 * so that collection leaves alone what a push is about to name.
 */
export interface RepositoryStore {
  /** Every repository that has anything, be it a blob of a push that has only begun. */
  names(): Promise<string[]>;
  /** Everything that any repository has: manifests and blobs. */
  digests(): AsyncIterable<Digest>;
  linkBlob(name: string, digest: Digest): Promise<void>;
  hasBlob(name: string, digest: Digest): Promise<boolean>;
  unlinkBlob(name: string, digest: Digest): Promise<boolean>;
  blobs(name: string): Promise<{ digest: Digest; linkedAtMs: number }[]>;
  /** `referrer` is this manifest as the list of its subject shows it. */
  putManifest(name: string, digest: Digest, record: ManifestRecord): Promise<void>;
  manifest(name: string, digest: Digest): Promise<ManifestRecord | undefined>;
  /** Its tags and its place among referrers go with it. */
  removeManifest(name: string, digest: Digest): Promise<boolean>;
  manifests(name: string): Promise<{ digest: Digest; storedAtMs: number }[]>;
  referrers(name: string, subject: Digest): Promise<Descriptor[]>;
  tag(name: string, tag: string, digest: Digest): Promise<void>;
  tagged(name: string, tag: string): Promise<Digest | undefined>;
  untag(name: string, tag: string): Promise<boolean>;
  /** In order of code points. Empty when the repository does not exist. */
  tags(name: string): Promise<string[]>;
}

export interface ManifestRecord {
  mediaType: string;
  subject?: Digest;
  referrer?: Descriptor;
}

export interface UploadStore {
  create(repository: string): Promise<string>;
  /** The repository an upload belongs to. */
  find(id: string): Promise<string | undefined>;
  remove(id: string): Promise<void>;
  /** Ids of uploads that nobody touched since then. */
  stale(olderThanMs: number): Promise<string[]>;
}
