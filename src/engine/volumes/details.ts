import { GantryError } from '../../base/errors.ts';
import type { VolumeRecord } from '../../store/records.ts';
import type { VolumeDeps } from './deps.ts';
import type { VolumeDetails } from './verbs.ts';

export function find({ volumes }: Pick<VolumeDeps, 'volumes'>, name: string): VolumeRecord {
  const volume = volumes.get(name);
  if (volume === undefined) throw new GantryError('notFound', `get ${name}: no such volume`);
  return volume;
}

export function detailsOf({ volumes }: Pick<VolumeDeps, 'volumes'>, volume: VolumeRecord): VolumeDetails {
  return { volume, mountpoint: volumes.pathOf(volume.name) };
}

export function publish({ events }: Pick<VolumeDeps, 'events'>, action: string, volume: VolumeRecord, more: Record<string, string> = {}): void {
  events.publish({ type: 'volume', action, actor: { id: volume.name, attributes: { driver: volume.driver, ...more } } });
}
