import type { ContainerDeps } from '../deps.ts';
import type { MountPoint } from '../record.ts';
import { removeLocked } from '../remove.ts';

/** The same mounts, with nothing left to copy into their volumes. */
export function populated(mounts: MountPoint[]): MountPoint[] {
  return mounts.some(({ copyUp }) => copyUp) ? mounts.map((mount) => ({ ...mount, copyUp: false })) : mounts;
}

/**
 * Fills the empty volumes of a new container from its image: whoever shares them finds them so, although it has not run. Its record is there
 * already, so that nobody removes a volume meanwhile; a daemon killed here does it at the first start. When it fails the container goes again.
 */
export async function populateNew(deps: ContainerDeps, id: string): Promise<void> {
  const record = deps.catalog.current(id);
  if (!record.mounts.some(({ copyUp }) => copyUp)) return;
  try {
    await deps.staging.populate(record);
  } catch (error) {
    await removeLocked(deps, record, { volumes: true });
    throw error;
  }
  deps.catalog.save({ ...record, mounts: populated(record.mounts) }, { durable: false });
}
