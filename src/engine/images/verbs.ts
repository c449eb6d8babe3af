import type { Readable } from 'node:stream';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Digest } from '../../store/content/content.ts';
import type { ImageRecord } from '../../store/records.ts';
import type { Filters } from '../filters.ts';

/** What a client can ask of images. `image` is a reference, an id, or an unambiguous prefix of one. */
export interface ImageVerbs {
  /** @throws notFound with Docker's sentence `No such image: x:latest`. */
  resolve(image: string, platform?: string): ImageRecord;
  list(options: { all: boolean; filters: Filters; sharedSize: boolean; digests: boolean; manifests?: boolean }): Promise<ImageSummary[]>;
  /** Bytes of all images' layers, each counted once. */
  layerBytes(): number;
  inspect(image: string, options: { platform?: string; manifests?: boolean }): Promise<ImageDetails>;
  history(image: string, platform?: string): Promise<HistoryEntry[]>;
  tag(image: string, repository: string, tag: string): Promise<void>;
  /** With `platforms` only those parts of a multi-platform image go. */
  remove(image: string, options: { force: boolean; prune: boolean; platforms?: readonly string[] }): Promise<RemovedItem[]>;
  /** Tar of a docker-archive or OCI layout (gzip, zstd, xz, bzip2 or none). Reports progress lines; ends after the last image. */
  load(tar: Readable, options: { quiet: boolean; platform?: string; progress: Progress; signal: AbortSignal }): Promise<void>;
  /** One tar that is both a docker-archive and an OCI layout. */
  save(images: string[], options: { platform?: string; signal: AbortSignal }): Promise<Readable>;
  /** A root filesystem's tar becomes a one-layer image. `changes` are Dockerfile lines. */
  import(tar: Readable | URL, options: ImportOptions): Promise<Digest>;
  /** Pulls; the embedded image needs no network. */
  pull(reference: string, options: PullOptions): Promise<void>;
  push(reference: string, options: PullOptions): Promise<void>;
  prune(filters: Filters): Promise<{ deleted: RemovedItem[]; reclaimedBytes: number }>;
  /** Makes the layers of an image that was kept without unpacking ready to be used. Does nothing for others. */
  unpack(image: ImageRecord): Promise<void>;
  /** Removes those of the layers that nobody keeps any more, where one of these images is gone already. */
  letGo(images: readonly Pick<ImageRecord, 'id'>[], chainIds: readonly Digest[]): Promise<void>;
  registries: RegistryVerbs;
}

/** What is asked of registries without keeping anything here. */
export interface RegistryVerbs {
  /** Checks credentials. The identity token, where there is one, is to be kept instead of the password. @throws unauthorized, unavailable */
  login(auth: RegistryAuth, signal: AbortSignal): Promise<{ identityToken: string | undefined }>;
  search(term: string, options: { limit: number } & RegistryCall): Promise<{ name: string; description: string; stars: number; official: boolean }[]>;
  /** Writes an index under a name; what it names is brought from other repositories of the registry first. */
  putIndex(image: string, index: NewIndex, options: RegistryCall): Promise<Digest>;
  /** The manifest or index that a name stands for, and the platforms it is for. */
  distribution(image: string, options: RegistryCall): Promise<{ descriptor: Descriptor; bytes: Buffer; platforms: Platform[] }>;
}

export interface RegistryCall {
  auth?: RegistryAuth | undefined;
  /** The registry may do without TLS, whatever the daemon's settings say. */
  insecure?: boolean;
  signal: AbortSignal;
}

/** An index to be made in a registry, of images that are in the same one. */
export interface NewIndex {
  mediaType: string;
  bytes: Buffer;
  /** `registry/repository@digest` of what the index names and other repositories hold. */
  members: readonly string[];
}

export type RemovedItem = { untagged: string } | { deleted: string };

/** One line of Docker's progress stream, as a value; the API writes it as JSON. */
export interface ProgressLine {
  stream?: string;
  status?: string;
  id?: string;
  /** It stands over all steps, and is none of them. */
  headline?: boolean;
  progress?: { current: number; total?: number };
  aux?: unknown;
}
export type Progress = (line: ProgressLine) => void;

export interface ImportOptions {
  repository: string;
  tag: string;
  message: string;
  changes: string[];
  platform?: string;
  signal: AbortSignal;
  progress: Progress;
}

export interface PullOptions {
  platform?: string;
  allTags?: boolean;
  auth?: RegistryAuth | undefined;
  progress: Progress;
  signal: AbortSignal;
}

/** What a person shows to a registry. */
export interface RegistryAuth { username?: string; password?: string; identityToken?: string; registryToken?: string; serverAddress?: string }

export interface ImageSummary {
  image: ImageRecord;
  repoTags: string[];
  repoDigests: string[];
  sizeBytes: number;
  sharedBytes: number;
  /** How many containers were made of it, or mount it. */
  containers: number;
  /** When asked for: what the image is in the store, an index or a manifest, and all manifests that it holds or names. */
  descriptor?: Descriptor;
  manifests?: ManifestSummary[];
}

/** One manifest of an image, or of its index. */
export interface ManifestSummary {
  descriptor: Descriptor;
  /** Everything that it names is here. */
  available: boolean;
  /** Of the blobs that are here. */
  contentBytes: number;
  unpackedBytes: number;
  kind: 'image' | 'attestation' | 'unknown';
  attestationFor?: string;
  platform?: Platform;
  /** Ids of the containers that use it. */
  containers: string[];
}

export interface ImageDetails extends ImageSummary {
  /** The image config as stored. */
  configJson: Record<string, unknown>;
  /** When it got its latest name, ms since the epoch. */
  namedAtMs: number;
  parentId: string;
}

export interface HistoryEntry {
  /** Id of the image, or `<missing>`. */
  id: string;
  created: number;
  createdBy: string;
  tags: string[];
  sizeBytes: number;
  comment: string;
}
