import type { EventBus } from '../events/bus.ts';
import type { ContainerRecord } from './record.ts';

/** One event of a container, with the attributes Docker gives each: its labels, image and name. */
export function publishEvent(events: EventBus, record: ContainerRecord, action: string, extra: Record<string, string> = {}): void {
  events.publish({
    type: 'container',
    action,
    actor: { id: record.id, attributes: { ...record.config.labels, ...extra, image: record.image.reference, name: record.name } },
  });
}
