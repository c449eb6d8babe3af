import { GantryError } from '../../base/errors.ts';
import { collect } from '../../store/collect/collect.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { lostVariants } from './remove.ts';
import { booleanFilter, imageFilter } from './list.ts';
import type { ImageVerbs, RemovedItem } from './verbs.ts';
import { familiarName, parseReference } from '../../oci/reference.ts';

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
    const danglingOnly = booleanFilter(filters, 'dangling') ?? true;
    const rest = new Map([...filters].filter(([key]) => key !== 'dangling'));
    const keep = imageFilter(catalog, rest, ['label', 'label!', 'until']);
    const names = catalog.names();
    const variants = catalog.variants();
    const deleted: RemovedItem[] = [];
    for (const image of catalog.images.all()) {
      const own = names.get(image.id) ?? [];
      const isDangling = !own.some((name) => !name.name.includes('@'));
      if ((danglingOnly && !isDangling) || keep(image, own) === undefined || deps.imageUsers(image.id).length > 0) continue;
      if (variants.has(image.id)) continue;
      if (isDangling && catalog.images.all().some((other) => other.parent === image.id)) continue;
      catalog.durably(() => {
        for (const { name } of own) catalog.references.delete(name);
        catalog.images.delete(image.id);
        for (const variant of lostVariants(deps, catalog, image)) catalog.images.delete(variant.id);
      });
      for (const { name } of own) deleted.push({ untagged: familiarName(parseReference(name)) });
      deleted.push({ deleted: image.id });
      imageEvent(deps, 'delete', { image, name: image.id });
    }
    // Who prunes wants space more than a shorter next pull.
    deps.leases.forgetKept();
    await deps.content.sweepIngests(0);
    const { reclaimedBytes } = await collect(deps);
    deps.events.publish({ type: 'image', action: 'prune', actor: { id: '', attributes: { reclaimed: String(reclaimedBytes) } } });
    return { deleted, reclaimedBytes };
  };
}
