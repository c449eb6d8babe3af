import type { Digest } from '../../../oci/digest.ts';
import type { MountPoint } from '../record.ts';
import type { PlannedImage, PlannedMount, PlannedVolume } from './planned-mount.ts';

/** What became of a planned volume: its name and its directory on the host. */
export interface PlacedVolume { name: string; driver: string; path: string }

export interface Places {
  volume: (mount: PlannedVolume) => PlacedVolume;
  /** @throws notFound when there is no such image */
  image: (mount: PlannedImage) => { id: Digest; layers: Digest[] };
}

/** A plan with its volumes made: what inspect shows and what the spec gets. Sources of volumes with a subpath, and of images, are known only at a start. */
export function placeMount(mount: PlannedMount, places: Places): MountPoint {
  const common = { destination: mount.destination, mode: mount.mode, rw: !mount.readOnly };
  const resolved = { target: mount.destination, readOnly: mount.readOnly, options: [] as string[] };
  switch (mount.type) {
    case 'bind':
      return {
        ...common, type: 'bind', source: mount.source, propagation: mount.propagation, copyUp: false,
        resolved: { ...resolved, type: 'bind', source: mount.source, propagation: mount.propagation, recursive: mount.recursive, recursiveReadOnly: mount.recursiveReadOnly },
      };
    case 'tmpfs':
      return { ...common, type: 'tmpfs', source: '', propagation: '', copyUp: false, resolved: { ...resolved, type: 'tmpfs', recursive: false, recursiveReadOnly: false, options: mount.options } };
    case 'volume': {
      const { name, driver, path } = places.volume(mount);
      return {
        ...common, type: 'volume', name, source: path, driver, propagation: '', copyUp: mount.copyUp && mount.subpath === undefined,
        ...(mount.subpath === undefined ? {} : { subpath: mount.subpath }),
        resolved: { ...resolved, type: 'bind', source: path, propagation: 'rprivate', recursive: true, recursiveReadOnly: false },
      };
    }
    case 'image':
      return {
        ...common, type: 'image', source: mount.reference, propagation: 'rprivate', copyUp: false, image: places.image(mount),
        ...(mount.subpath === undefined ? {} : { subpath: mount.subpath }),
        resolved: { ...resolved, type: 'bind', propagation: 'rprivate', recursive: true, recursiveReadOnly: false },
      };
  }
}
