import type { Readable } from 'node:stream';
import type { Digest } from '../../oci/digest.ts';
import type { LayerFile } from './growth.ts';

/**
 * Read-only layers by chain id. A layer that is there is whole: it appears by one rename after it was written. It survives the death of
 * the daemon at once, and a power cut after settle(): whoever makes a record that names a layer settles it first.
 * Two implementations pass one contract suite: directories (each layer extracted) and erofs (an index that points into the layer's tar).
 */
export interface Snapshotter {
  readonly kind: 'directories' | 'erofs';
  has(chainId: Digest): boolean;
  /**
   * Applies one layer: a stream, or a file that holds the blob, whole or still growing (read and decompressed in a worker thread); any
   * compression. Whiteouts and opaque markers become overlay's. Never writes outside its own directory,
   * whatever the tar holds. Does nothing but drain when the layer is there already.
   * @returns the sha256 of the tar (the diffId) and its size in bytes, measured while streaming; unpacked bytes on disk.
   * @throws invalid when `diffId` is given and differs; nothing is kept then.
   */
  apply(chainId: Digest, layer: Readable | LayerFile, options: { diffId?: Digest; signal?: AbortSignal }): Promise<AppliedLayer>;
  /** These are on disk when it resolves. Missing ones are passed over. */
  settle(chainIds: Iterable<Digest>): Promise<void>;
  /** `goes` is asked in the moment before it does. False when it stays or was not there. @throws conflict while it is in use */
  remove(chainId: Digest, goes?: () => boolean): Promise<boolean>;
  /** Directories for overlay's lowerdir, the top layer first. `release` undoes it. Given bottom first, as an image lists them. */
  acquire(chainIds: readonly Digest[]): Promise<Lowers>;
  list(): Promise<Digest[]>;
  /** Bytes on disk. */
  usage(chainId: Digest): Promise<number>;
}

export interface AppliedLayer { diffId: Digest; tarBytes: number; unpackedBytes: number }
export interface Lowers { directories: string[]; release(): Promise<void> }
