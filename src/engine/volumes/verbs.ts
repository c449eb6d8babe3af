import type { VolumeRecord } from '../../store/records.ts';
import type { Filters } from '../filters.ts';

export interface VolumeVerbs {
  create(request: { name?: string; driver?: string; options?: Record<string, string>; labels?: Record<string, string> }): Promise<VolumeDetails>;
  /** `usage` measures each volume, which reads all of its directories. */
  list(filters: Filters, options?: { usage?: boolean }): Promise<{ volumes: VolumeDetails[]; warnings: string[] }>;
  inspect(name: string): Promise<VolumeDetails>;
  remove(name: string, force: boolean): Promise<void>;
  prune(filters: Filters): Promise<{ deleted: string[]; reclaimedBytes: number }>;
}

export interface VolumeDetails { volume: VolumeRecord; mountpoint: string; usage?: { sizeBytes: number; refCount: number } }
