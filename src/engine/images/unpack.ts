import { collect } from '../../store/collect/collect.ts';
import { unpackLayers } from './add-image.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import type { ImageVerbs } from './verbs.ts';

/**
 * Makes ready what was kept without unpacking. To be called in the turn in which the image was found: from then on a lease holds it, and
 * when it is removed meanwhile its layers go again.
 */
export function unpackVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['unpack'] {
  return async ({ id, layers }) => {
    const chainIds = layers.map(({ chainId }) => chainId);
    if (chainIds.every((chainId) => deps.snapshots.has(chainId))) return;
    const digests = layers.map(({ digest }) => digest);
    const lease = deps.leases.open('unpack');
    lease.add({ digests, chainIds });
    try {
      await unpackLayers(deps, layers, { signal: new AbortController().signal });
      await deps.snapshots.settle(chainIds);
    } finally {
      lease.release();
      if (catalog.images.get(id) === undefined) await collect(deps, { digests: new Set(digests), chainIds: new Set(chainIds) });
    }
  };
}
