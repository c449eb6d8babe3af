import { join } from 'node:path';
import type { MountPoint } from '../record.ts';
import type { PlannedMount } from './planned-mount.ts';

/** What became of a planned volume: its name and its directory on the host. */
export interface PlacedVolume { name: string; driver: string; path: string }

/** A plan with its volumes made: what inspect shows and what the spec gets. */
export function placeMount(mount: PlannedMount, volume: PlacedVolume | undefined): MountPoint {
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
      const { name, driver, path } = volume as PlacedVolume;
      const source = mount.subpath === undefined ? path : join(path, mount.subpath);
      return {
        ...common, type: 'volume', name, source: path, driver, propagation: '', copyUp: mount.copyUp && mount.subpath === undefined,
        ...(mount.subpath === undefined ? {} : { subpath: mount.subpath }),
        resolved: { ...resolved, type: 'bind', source, propagation: 'rprivate', recursive: true, recursiveReadOnly: false },
      };
    }
  }
}
