import { labelsOf } from '../../../engine/volumes/volume-request.ts';
import type { VolumeDetails } from '../../../engine/volumes/verbs.ts';
import { inOrder } from '../codec/encode.ts';

export function volumeJson({ volume, mountpoint, usage }: VolumeDetails): object {
  const labels = labelsOf(volume);
  return {
    CreatedAt: `${new Date(volume.createdAtMs).toISOString().slice(0, 19)}Z`,
    Driver: volume.driver,
    Labels: labels === undefined ? null : inOrder(labels),
    Mountpoint: mountpoint,
    Name: volume.name,
    Options: orNull(volume.options),
    Scope: 'local',
    ...(usage !== undefined && { UsageData: { RefCount: usage.refCount, Size: usage.sizeBytes } }),
  };
}

function orNull(map: Record<string, string>): Record<string, string> | null {
  return Object.keys(map).length === 0 ? null : inOrder(map);
}
