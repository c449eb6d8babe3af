import type { VolumeDetails } from '../../../engine/volumes/verbs.ts';

export function volumeJson({ volume, mountpoint, usage }: VolumeDetails): object {
  return {
    CreatedAt: `${new Date(volume.createdAtMs).toISOString().slice(0, 19)}Z`,
    Driver: volume.driver,
    Labels: Object.keys(volume.labels).length === 0 && !volume.anonymous ? null : labelsOf(volume),
    Mountpoint: mountpoint,
    Name: volume.name,
    Options: Object.keys(volume.options).length === 0 ? null : volume.options,
    Scope: 'local',
    ...(usage !== undefined && { UsageData: { RefCount: usage.refCount, Size: usage.sizeBytes } }),
  };
}

/** Docker marks a volume that was made for one container by a label. */
function labelsOf(volume: VolumeDetails['volume']): Record<string, string> {
  return volume.anonymous ? { 'com.docker.volume.anonymous': '', ...volume.labels } : volume.labels;
}
