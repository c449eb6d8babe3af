import type { Digest } from '../../oci/digest.ts';
import type { ImageRecord, LayerRecord, ReferenceRecord } from '../../store/records.ts';
import { shownNames, type Catalog } from './catalog.ts';
import { createdMs, listFilter } from './image-filter.ts';
import { LayerUsers } from './layer-users.ts';
import { describeTarget } from './manifest-summaries.ts';
import type { ImageDeps } from './deps.ts';
import type { ImageSummary, ImageVerbs } from './verbs.ts';

/** Newest first, as Docker lists them. */
export function listVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['list'] {
  return async ({ all, filters, sharedSize, manifests = false }) => {
    const names = catalog.names();
    const images = catalog.images.all();
    const parents = new Set(images.map((image) => image.parent));
    // An unnamed parent of another image is a step of a build.
    const variants = catalog.variants();
    const shown = images.filter((image) => !variants.has(image.id) && (all || names.has(image.id) || !parents.has(image.id)));
    const keep = listFilter(catalog, filters);
    const summaries: ImageSummary[] = [];
    const shared = sharedSize ? new LayerUsers(images) : undefined;
    const users = deps.imageUseCounts();
    for (const image of shown) {
      const kept = keep(image, names.get(image.id) ?? []);
      if (kept === undefined) continue;
      const summary = summarize(deps, image, { names: kept, containers: users.get(image.id) ?? 0, ...(shared === undefined ? {} : { shared }) });
      const described = manifests ? await describeUnlessGone(deps, catalog, image) : {};
      if (described !== undefined) summaries.push({ ...summary, ...described });
    }
    return summaries.sort((a, b) => createdMs(b.image) - createdMs(a.image));
  };
}

/** Undefined for an image that was removed while the list was made. */
async function describeUnlessGone(deps: ImageDeps, catalog: Catalog, image: ImageRecord): Promise<Awaited<ReturnType<typeof describeTarget>> | undefined> {
  try {
    return await describeTarget(deps, catalog, image);
  } catch (error) {
    if (catalog.images.get(image.id) === undefined) return undefined;
    throw error;
  }
}

/** Each layer once, however many images share it. */
export function layerBytes(deps: ImageDeps, catalog: Catalog): number {
  const chains = new Set(catalog.images.all().flatMap(({ layers }) => layers.map(({ chainId }) => chainId)));
  const layers = deps.metadata.table<LayerRecord>('layers');
  return [...chains].reduce((sum, chainId) => sum + (layers.get(chainId)?.unpackedBytes ?? 0), 0);
}

export function summarize(deps: ImageDeps, image: ImageRecord, options: { names: readonly ReferenceRecord[]; containers: number; shared?: LayerUsers }): ImageSummary {
  const layers = deps.metadata.table<LayerRecord>('layers');
  // A layer that nobody has unpacked weighs what its blob does.
  const blobs = new Map(image.layers.map((layer) => [layer.chainId, layer.size]));
  const bytesOf = (chainId: Digest): number => layers.get(chainId)?.unpackedBytes ?? blobs.get(chainId) ?? 0;
  const { shared } = options;
  return {
    image,
    ...shownNames(options.names),
    sizeBytes: image.layers.reduce((sum, layer) => sum + bytesOf(layer.chainId), 0),
    sharedBytes: shared === undefined ? -1 : image.layers.reduce((sum, layer) => sum + (shared.of(layer.chainId) > 1 ? bytesOf(layer.chainId) : 0), 0),
    containers: options.containers,
  };
}
