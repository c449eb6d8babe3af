import type { ContainerRecord, MountPoint } from '../record.ts';
import { cleanPath } from './parse-bind.ts';

/** All mounts but those of `--tmpfs`, which Docker shows in HostConfig alone, and finds by no filter. */
export function listedMounts({ mounts, hostConfig }: Pick<ContainerRecord, 'mounts' | 'hostConfig'>): MountPoint[] {
  const tmpfs = new Set(Object.keys(hostConfig.tmpfs ?? {}).map(cleanPath));
  return mounts.filter(({ type, destination }) => type !== 'tmpfs' || !tmpfs.has(destination));
}
