import { GantryError } from '../../base/errors.ts';
import { booleanComplaint, parseBoolean } from '../../base/parse-boolean.ts';
import type { VolumeRecord } from '../../store/records.ts';
import type { Filters } from '../filters.ts';
import { excludedByLabels, matchesLabels, matchesPattern, readFilters } from '../filters.ts';
import { cloneVerb, exportVerb, importVerb, renameVerb } from './contents.ts';
import type { VolumeDeps } from './deps.ts';
import { detailsOf, find, publish } from './details.ts';
import { volumesLock } from './local-volumes.ts';
import { VolumeSizes } from './sizes.ts';
import type { VolumeDetails, VolumeVerbs } from './verbs.ts';
import { labelsOf, type VolumeRequest } from './volume-request.ts';

/** All verbs over one set of parts. */
export function createVolumeVerbs(deps: VolumeDeps): VolumeVerbs {
  const sizes = new VolumeSizes((name) => deps.volumes.pathOf(name));
  const rename = renameVerb(deps);
  let pruning = false;
  return {
    create: (request) => deps.locks.run(volumesLock, () => create(deps, request)),
    list: async (filters, options) => {
      const found = list(deps, filters);
      return { volumes: options?.usage === true ? await measured(deps, sizes, found) : found.map((volume) => detailsOf(deps, volume)), warnings: [] };
    },
    inspect: async (name) => detailsOf(deps, find(deps, name)),
    remove: (name, force) => deps.locks.run(volumesLock, () => remove(deps, name, force)),
    prune: async (filters) => {
      if (pruning) throw new GantryError('conflict', 'a prune operation is already running');
      pruning = true;
      try {
        return await prune(deps, sizes, filters);
      } finally {
        pruning = false;
      }
    },
    clone: cloneVerb(deps),
    rename: (name, to) => deps.locks.run(volumesLock, () => rename(name, to)),
    export: exportVerb(deps),
    import: importVerb(deps),
  };
}

async function create(deps: VolumeDeps, request: VolumeRequest): Promise<VolumeDetails> {
  const prepared = deps.volumes.prepare(request);
  await deps.volumes.keep(prepared);
  if (prepared.isNew) publish(deps, 'create', prepared.volume);
  return { volume: prepared.volume, mountpoint: prepared.path };
}

async function remove(deps: VolumeDeps, name: string, force: boolean): Promise<void> {
  if (force && deps.volumes.get(name) === undefined) return;
  const volume = find(deps, name);
  const users = deps.usersOf(name);
  if (users.length > 0) throw new GantryError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`);
  if (deps.mounts.isHeld(name)) throw new GantryError('conflict', `remove ${name}: volume is in use`);
  await deps.volumes.delete(name);
  publish(deps, 'destroy', volume);
}

function list(deps: VolumeDeps, filters: Filters): VolumeRecord[] {
  const wanted = readFilters(filters, ['dangling', 'driver', 'label', 'name']);
  const dangling = wanted.flag('dangling');
  return deps.volumes.all().filter((volume) =>
    wanted.some('name', (value) => matchesPattern([volume.name], value))
    && wanted.some('driver', (value) => volume.driver === value)
    && matchesLabels(labelsOf(volume), wanted.values('label'))
    && (dangling === undefined || dangling === (deps.usersOf(volume.name).length === 0)));
}

/** What lies elsewhere (nfs, a bind, a tmpfs) takes no room here and comes back by its options alone: it is not counted, and no prune takes it, as in Docker. */
function liesHere({ options }: VolumeRecord): boolean {
  return Object.keys(options).length === 0;
}

async function measured(deps: VolumeDeps, sizes: VolumeSizes, volumes: readonly VolumeRecord[]): Promise<VolumeDetails[]> {
  const counted = volumes.filter(liesHere);
  const bytes = await sizes.ofAll(counted);
  return counted.map((volume) => ({ ...detailsOf(deps, volume), usage: { sizeBytes: bytes.get(volume.name) ?? -1, refCount: deps.usersOf(volume.name).length } }));
}

/** @throws invalid, in the sentences of Go's strconv and of Docker */
function readAll(values: readonly string[]): boolean {
  const [value = 'false'] = values;
  if (values.length > 1) throw new GantryError('invalid', `invalid filter 'all=[${values.join(' ')}]': only one value is expected`);
  const all = parseBoolean(value);
  if (all === undefined) throw new GantryError('invalid', `invalid filter 'all': ${booleanComplaint(value)}`);
  return all;
}

/** Without `all`, those that were made for one container only. What is counted meanwhile may find a user: it is looked for again under the lock. */
async function prune(deps: VolumeDeps, sizes: VolumeSizes, filters: Filters): Promise<{ deleted: string[]; reclaimedBytes: number }> {
  const wanted = readFilters(filters, ['all', 'label', 'label!']);
  const all = readAll(wanted.values('all'));
  const isUnused = (name: string): boolean => deps.usersOf(name).length === 0 && !deps.mounts.isHeld(name);
  const candidates = deps.volumes.all().filter((volume) =>
    (all || volume.anonymous) && liesHere(volume) && isUnused(volume.name)
    && matchesLabels(labelsOf(volume), wanted.values('label'))
    && !excludedByLabels(labelsOf(volume), wanted));
  const deleted: string[] = [];
  let reclaimedBytes = 0;
  for (const volume of candidates) {
    const bytes = await sizes.of(volume);
    await deps.locks.run(volumesLock, async () => {
      if (deps.volumes.get(volume.name) === undefined || !isUnused(volume.name)) return;
      await deps.volumes.delete(volume.name);
      publish(deps, 'destroy', volume);
      deleted.push(volume.name);
      reclaimedBytes += Math.max(0, bytes);
    });
  }
  deps.events.publish({ type: 'volume', action: 'prune', actor: { id: '', attributes: { reclaimed: String(reclaimedBytes) } } });
  return { deleted, reclaimedBytes };
}
