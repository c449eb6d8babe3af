import type { Digest } from '../../oci/digest.ts';
import type { ContainerRecord } from './record.ts';

/** The images that a container stands on, each once: the one that it was made of, and those that it mounts. */
export function usedImages({ image, mounts }: Pick<ContainerRecord, 'image' | 'mounts'>): Digest[] {
  const mounted = mounts.flatMap((mount) => mount.image?.id ?? []);
  return mounted.length === 0 ? [image.id] : [...new Set([image.id, ...mounted])];
}

/** The layers of those images, as chain ids. */
export function usedLayers({ layers, mounts }: Pick<ContainerRecord, 'layers' | 'mounts'>): Digest[] {
  return [...layers, ...mounts.flatMap((mount) => mount.image?.layers ?? [])];
}
