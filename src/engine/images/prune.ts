import { GantryError } from '../../base/errors.ts';
import { collect } from '../../store/collect/collect.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { LayerUsers } from './layer-users.ts';
import { forgetLostVariants, untagEvents } from './remove.ts';
import { isDangling, pruneFilter } from './image-filter.ts';
import type { ImageVerbs, RemovedItem } from './verbs.ts';
import { familiarName, parseReference, repositoryOf } from '../../oci/reference.ts';
import type { ReferenceRecord } from '../../store/records.ts';

/** One prune at a time. @throws conflict, in Docker's words */
export function pruneVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['prune'] {
  const prune = pruneOnce(deps, catalog);
  let running = false;
  return async (filters) => {
    if (running) throw new GantryError('conflict', 'a prune operation is already running');
    running = true;
    try {
      return await prune(filters);
    } finally {
      running = false;
    }
  };
}

/** Images that no container uses: those without a name, or all of them with `dangling=false`. */
function pruneOnce(deps: ImageDeps, catalog: Catalog): ImageVerbs['prune'] {
  return async (filters) => {
    const { all, takes } = pruneFilter(filters);
    const names = catalog.names();
    const variants = catalog.variants();
    const users = new LayerUsers(catalog.images.all(), deps.usedChainIds());
    const deleted: RemovedItem[] = [];
    for (const image of catalog.images.all()) {
      const own = names.get(image.id) ?? [];
      const isUnnamed = isDangling(own);
      if (!(all || isUnnamed) || !takes(image) || deps.imageUsers(image.id).length > 0) continue;
      if (variants.has(image.id)) continue;
      if (isUnnamed && catalog.images.all().some((other) => other.parent === image.id)) continue;
      const gone = catalog.durably(() => {
        for (const { name } of own) catalog.references.delete(name);
        catalog.images.delete(image.id);
        return [image, ...forgetLostVariants(deps, catalog, image)];
      });
      for (const { name } of own) deleted.push({ untagged: familiarName(parseReference(name)) });
      deleted.push({ deleted: image.id }, ...gone.flatMap((one) => users.release(one)).map((layer) => ({ deleted: layer })));
      untagEvents(deps, image, removedByName(own).length);
      imageEvent(deps, 'delete', { name: image.id });
    }
    // Who prunes wants space more than a shorter next pull.
    deps.leases.forgetKept();
    await deps.content.sweepIngests(0);
    const { reclaimedBytes } = await collect(deps);
    deps.events.publish({ type: 'image', action: 'prune', actor: { id: '', attributes: { reclaimed: String(reclaimedBytes) } } });
    return { deleted, reclaimedBytes };
  };
}

/** Tags, and digests of repositories without one: the others go with their tag. */
function removedByName(names: readonly ReferenceRecord[]): ReferenceRecord[] {
  const tagged = new Set(names.filter(({ name }) => !name.includes('@')).map(({ name }) => repositoryOf(parseReference(name))));
  return names.filter(({ name }) => !name.includes('@') || !tagged.has(repositoryOf(parseReference(name))));
}
