import type { KeyedLocks } from '../../base/locks.ts';
import { GantryError } from '../../base/errors.ts';
import { directoryBytes } from '../containers/directory-bytes.ts';
import type { EventBus } from '../events/bus.ts';
import type { Filters } from '../filters.ts';
import { matchesLabels, readFilters, readUntil } from '../filters.ts';
import type { VolumeRecord } from '../../store/records.ts';
import { volumesLock, type LocalVolumes } from './local-volumes.ts';
import type { VolumeDetails, VolumeVerbs } from './verbs.ts';

export interface VolumeDeps {
  volumes: LocalVolumes;
  locks: KeyedLocks;
  events: EventBus;
  /** Ids of containers that mount a volume. */
  usersOf: (name: string) => string[];
}

export function createVolumeVerbs(deps: VolumeDeps): VolumeVerbs {
  let pruning = false;
  return {
    create: (request) => deps.locks.run(volumesLock, () => create(deps, request)),
    list: async (filters, { usage = false } = {}) => {
      const found = list(deps, filters).map((volume) => detailsOf(deps, volume));
      return { volumes: usage ? await Promise.all(found.map((each) => measured(deps, each))) : found, warnings: [] };
    },
    inspect: async (name) => detailsOf(deps, find(deps, name)),
    remove: (name, force) => deps.locks.run(volumesLock, () => remove(deps, name, force)),
    prune: async (filters) => {
      if (pruning) throw new GantryError('conflict', 'a prune operation is already running');
      pruning = true;
      try {
        return await deps.locks.run(volumesLock, () => prune(deps, filters));
      } finally {
        pruning = false;
      }
    },
  };
}

function create({ volumes, events }: VolumeDeps, request: Parameters<VolumeVerbs['create']>[0]): VolumeDetails {
  const prepared = volumes.prepare(request);
  volumes.commit(prepared);
  if (prepared.isNew) publish(events, 'create', prepared.volume);
  return { volume: prepared.volume, mountpoint: prepared.path };
}

function find({ volumes }: VolumeDeps, name: string): VolumeRecord {
  const volume = volumes.get(name);
  if (volume === undefined) throw new GantryError('notFound', `get ${name}: no such volume`);
  return volume;
}

function detailsOf({ volumes }: VolumeDeps, volume: VolumeRecord): VolumeDetails {
  return { volume, mountpoint: volumes.pathOf(volume.name) };
}

async function measured(deps: VolumeDeps, details: VolumeDetails): Promise<VolumeDetails> {
  return { ...details, usage: { sizeBytes: await directoryBytes(details.mountpoint), refCount: deps.usersOf(details.volume.name).length } };
}

async function remove(deps: VolumeDeps, name: string, force: boolean): Promise<void> {
  const volume = deps.volumes.get(name);
  if (volume === undefined) {
    if (force) return;
    find(deps, name);
  }
  const users = deps.usersOf(name);
  if (users.length > 0) throw new GantryError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`);
  await deps.volumes.delete(name);
  publish(deps.events, 'destroy', volume as VolumeRecord);
}

function list(deps: VolumeDeps, filters: Filters): VolumeRecord[] {
  const wanted = readFilters(filters, ['dangling', 'driver', 'label', 'name']);
  return deps.volumes.all().filter((volume) =>
    wanted.every('name', (value) => volume.name.includes(value))
    && wanted.some('driver', (value) => volume.driver === value)
    && matchesLabels(volume.labels, wanted.values('label'))
    && wanted.flag('dangling', () => deps.usersOf(volume.name).length === 0));
}

async function prune(deps: VolumeDeps, filters: Filters): Promise<{ deleted: string[]; reclaimedBytes: number }> {
  const wanted = readFilters(filters, ['all', 'label', 'label!', 'until']);
  readUntil(wanted);
  const named = wanted.values('all').some((value) => value === 'true' || value === '1');
  const deleted: string[] = [];
  let reclaimedBytes = 0;
  for (const volume of deps.volumes.all()) {
    if (!named && !volume.anonymous) continue;
    if (!matchesLabels(volume.labels, wanted.values('label'))) continue;
    if (wanted.values('label!').some((value) => matchesLabels(volume.labels, [value]))) continue;
    if (deps.usersOf(volume.name).length > 0) continue;
    reclaimedBytes += await directoryBytes(deps.volumes.pathOf(volume.name));
    await deps.volumes.delete(volume.name);
    publish(deps.events, 'destroy', volume);
    deleted.push(volume.name);
  }
  deps.events.publish({ type: 'volume', action: 'prune', actor: { id: '', attributes: { reclaimed: String(reclaimedBytes) } } });
  return { deleted, reclaimedBytes };
}

function publish(events: EventBus, action: string, volume: VolumeRecord): void {
  events.publish({ type: 'volume', action, actor: { id: volume.name, attributes: { driver: volume.driver } } });
}
