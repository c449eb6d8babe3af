import type { EventBus } from '../events/bus.ts';
import type { NetworkRecord } from './verbs.ts';

export function networkEvent(events: EventBus, network: NetworkRecord, action: string, more: Record<string, string> = {}): void {
  events.publish({ type: 'network', action, actor: { id: network.id, attributes: { ...more, name: network.name, type: network.driver } } });
}
