import type { Readable } from 'node:stream';
import type { VolumeRecord } from '../../store/records.ts';
import type { Filters } from '../filters.ts';
import type { VolumeRequest } from './volume-request.ts';

export interface VolumeVerbs {
  create(request: VolumeRequest): Promise<VolumeDetails>;
  /** `usage` measures each volume, which reads all of its directories, and leaves out those with driver options: they lie elsewhere. */
  list(filters: Filters, options?: { usage?: boolean }): Promise<{ volumes: VolumeDetails[]; warnings: string[] }>;
  inspect(name: string): Promise<VolumeDetails>;
  remove(name: string, force: boolean): Promise<void>;
  prune(filters: Filters): Promise<{ deleted: string[]; reclaimedBytes: number }>;
  /** A new volume with the contents of another. What is written meanwhile may be in it or not. @throws conflict when the name is taken */
  clone(name: string, request: { name: string; labels?: Record<string, string>; signal: AbortSignal }): Promise<VolumeDetails>;
  /** @throws conflict while a container has it, running or not */
  rename(name: string, to: string): Promise<VolumeDetails>;
  /** Its contents as a tar. */
  export(name: string, signal: AbortSignal): Promise<Readable>;
  /** A new volume with the contents of a tar of any compression. @throws conflict when the name is taken; invalid for a bad archive */
  import(name: string, tar: Readable, options: { labels?: Record<string, string>; signal: AbortSignal }): Promise<VolumeDetails>;
}

/** `sizeBytes` is -1 where it was not measured. */
export interface VolumeDetails { volume: VolumeRecord; mountpoint: string; usage?: { sizeBytes: number; refCount: number } }
