import type { ContainerConfig } from '../oci/container.ts';
import type { Digest } from './content/content.ts';

/** An image as the engine knows it: one platform's manifest, its config and its layers. Its id is the digest of its config. */
export interface ImageRecord {
  id: Digest;
  /** The manifest it came with, or the one made for it at load. */
  manifest: Digest;
  /** The index the manifest was chosen from, if any: what RepoDigests name then. */
  index?: Digest;
  /** Manifests of the index that were removed on their own (`rmi --platform`): it does not keep their content. */
  without?: Digest[];
  /** Bottom first. */
  layers: ImageLayer[];
  platform: { os: string; architecture: string; variant?: string };
  /** RFC 3339, from the config. */
  created: string;
  config: ContainerConfig;
  /** When this engine got it, ms since the epoch. */
  addedAtMs: number;
  parent?: Digest;
}

export interface ImageLayer {
  /** The blob as it travels, and its media type. */
  digest: Digest;
  mediaType: string;
  /** Of the blob, bytes. */
  size: number;
  diffId: Digest;
  chainId: Digest;
}

/** A name in canonical form (`docker.io/library/busybox:latest` or `…@sha256:…`) and what it points at. */
export interface ReferenceRecord { name: string; imageId: Digest; target: Digest; updatedAtMs: number }

export interface LayerRecord { chainId: Digest; parent?: Digest; diffId: Digest; tarBytes: number; unpackedBytes: number }

/**
 * Keeps blobs and layers alive while a load, pull, build or push runs. Removed at the end, or at the next start of the daemon; with a
 * `resumeKey` it stays until `keptUntilMs`, so that the next try finds what this one brought.
 */
export interface LeaseRecord {
  id: string;
  purpose: string;
  createdAtMs: number;
  digests: Digest[];
  chainIds: Digest[];
  resumeKey?: string;
  keptUntilMs?: number;
}

export interface VolumeRecord {
  name: string;
  driver: string;
  options: Record<string, string>;
  /** Absent when nobody said anything of labels: that is not the same answer as none. */
  labels?: Record<string, string>;
  createdAtMs: number;
  /** Made for one container without a name of its own. */
  anonymous: boolean;
}
