import type { Readable } from 'node:stream';
import type { Extracted } from './extract-job.ts';
import type { LayerFile } from './growth.ts';
import type { Snapshotter } from './snapshotter.ts';

/** How one layer lies on disk, and how it becomes a directory that overlay can take as a lower one. */
export interface LayerForm {
  readonly kind: Snapshotter['kind'];
  /** Fills an empty folder. `form` says when it had to take another form. */
  make(folder: string, layer: Readable | LayerFile, options: { maxBytes: number; signal?: AbortSignal }): Promise<Extracted & { form?: Snapshotter['kind'] }>;
  /** Implied directories (see ImpliedDirectories) take the attributes that they have in `lowers`, top first. Before the first `show`; again does no harm. */
  inherit(folder: string, from: { implied: readonly string[]; lowers: readonly string[] }): Promise<void>;
  /** The directory with the layer's files. Called for each use; cheap after the first. */
  show(folder: string): string;
  /** The folder is about to be removed, or the daemon ends: undoes `show`. Users that mounted an overlay on it keep what they have. */
  hide(folder: string): void;
  /** What a power cut must spare: a few files in the folder, or the whole of it. */
  readonly content: readonly string[] | 'tree';
  /** Bytes on disk. */
  usage(folder: string, unpackedBytes: number): number;
}
