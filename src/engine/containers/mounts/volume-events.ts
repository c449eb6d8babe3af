import type { EventBus } from '../../events/bus.ts';
import type { ContainerRecord, MountPoint } from '../record.ts';

export type VolumeMountPoint = MountPoint & { name: string };

export function volumesOf(record: ContainerRecord): VolumeMountPoint[] {
  return record.mounts.filter((mount): mount is VolumeMountPoint => mount.type === 'volume' && mount.name !== undefined);
}

/** A container, or somebody who looks into its files, has this volume now. */
export function tellMounted(events: EventBus, { id }: ContainerRecord, { name, destination, driver = 'local', propagation, rw }: VolumeMountPoint): void {
  events.publish({ type: 'volume', action: 'mount', actor: { id: name, attributes: { container: id, destination, driver, propagation, 'read/write': String(rw) } } });
}

export function tellUnmounted(events: EventBus, { id }: ContainerRecord, { name, driver = 'local' }: VolumeMountPoint): void {
  events.publish({ type: 'volume', action: 'unmount', actor: { id: name, attributes: { container: id, driver } } });
}
