import type { Digest } from '../../../oci/digest.ts';
import type { PreparedVolume } from '../../volumes/local-volumes.ts';
import type { ContainerImages, ContainerVolumes } from '../ports.ts';
import type { MountPoint } from '../record.ts';
import { placeMount } from './place-mounts.ts';
import type { PlannedMount } from './planned-mount.ts';

export interface MadeMounts {
  mounts: MountPoint[];
  /** Their records are still to be committed. */
  volumes: PreparedVolume[];
  /** Ids of images that are mounted: they must still be there when the container's record is written. */
  images: Digest[];
}

/** Makes what a plan of mounts stands on, under the lock of volumes. `undo` takes new volumes away again. @throws conflict, notFound */
export async function makeMounts(
  { volumes, images }: { volumes: Pick<ContainerVolumes, 'prepare' | 'discard'>; images: Pick<ContainerImages, 'resolve' | 'unpack'> },
  planned: readonly PlannedMount[],
  undo: AsyncDisposableStack,
): Promise<MadeMounts> {
  const made: MadeMounts = { mounts: [], volumes: [], images: [] };
  undo.defer(async () => { for (const volume of made.volumes) await volumes.discard(volume); });
  for (const mount of planned) {
    if (mount.type === 'image') await images.unpack(images.resolve(mount.reference));
    made.mounts.push(placeMount(mount, {
      volume: ({ name, driver, driverOptions: options, labels }) => {
        const prepared = volumes.prepare({ name, driver, options, labels });
        made.volumes.push(prepared);
        return { name: prepared.volume.name, driver: prepared.volume.driver, path: prepared.path };
      },
      image: ({ reference }) => {
        const { id, layers } = images.resolve(reference);
        made.images.push(id);
        return { id, layers: layers.map((layer) => layer.chainId) };
      },
    }));
  }
  return made;
}
