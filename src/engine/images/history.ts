import { readImageConfig } from '../../oci/image-config.ts';
import { maxManifestBytes } from '../../oci/manifest.ts';
import type { ImageRecord, LayerRecord } from '../../store/records.ts';
import { shownNames, type Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import type { HistoryEntry, ImageVerbs } from './verbs.ts';

/** Newest first. Only the image itself and parents that are images here have an id; others are `<missing>`. */
export function historyVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['history'] {
  return async (text, platform) => {
    const image = catalog.findFor(text, platform, deps.host);
    const { history } = readImageConfig(await deps.content.bytes(image.id, maxManifestBytes), `image config ${image.id}`);
    const layers = deps.metadata.table<LayerRecord>('layers');
    let layer = 0;
    const entries = history.map((step): HistoryEntry => {
      const chainId = step.empty_layer === true ? undefined : image.layers[layer++]?.chainId;
      return {
        id: '<missing>',
        created: Math.floor((Date.parse(step.created ?? '') || 0) / 1000),
        createdBy: step.created_by ?? '',
        tags: [],
        sizeBytes: chainId === undefined ? 0 : (layers.get(chainId)?.unpackedBytes ?? 0),
        comment: step.comment ?? '',
      };
    }).reverse();
    return nameEntries(catalog, image, entries);
  };
}

function nameEntries(catalog: Catalog, image: ImageRecord, entries: HistoryEntry[]): HistoryEntry[] {
  let next: ImageRecord | undefined = image;
  return entries.map((entry) => {
    const current = next;
    if (current === undefined) return entry;
    next = current.parent === undefined ? undefined : catalog.images.get(current.parent);
    return { ...entry, id: current.id, tags: shownNames(catalog.namesOf(current.id)).repoTags };
  });
}
