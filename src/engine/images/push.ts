import { GantryError } from '../../base/errors.ts';
import { canonicalName, familiarName, familiarRepository, parseReference, withDefaultTag } from '../../oci/reference.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { readManifest } from './add-image.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { registryOf } from './pull.ts';
import type { ImageVerbs } from './verbs.ts';

/** Blobs first, the manifest last: a registry never shows an image that is not whole. */
export function pushVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['push'] {
  return async (text, options) => {
    const parsed = parseReference(text);
    const names = options.allTags === true
      ? catalog.ofRepository(parsed).map((record) => parseReference(record.name)).filter((name) => name.tag !== undefined)
      : [withDefaultTag(parsed)];
    const local = names.map((name) => ({ name, image: catalog.byName(canonicalName(name)) }));
    if (local.length === 0 || local.some(({ image }) => image === undefined)) {
      throw new GantryError('notFound', `An image does not exist locally with the tag: ${familiarRepository(parsed)}`);
    }
    const registry = registryOf(deps, parsed, 'push');
    for (const { name, image } of local) {
      if (image === undefined) continue;
      const lease = deps.leases.open('push');
      try {
        lease.add({ digests: [image.manifest, image.id, ...image.layers.map((layer) => layer.digest)] });
        const { config, layers, mediaType } = await readManifest(deps, image.manifest);
        for (const descriptor of [...layers, config]) await registry.push(name, descriptor, { ...options, content: deps.content });
        const size = (await deps.content.size(image.manifest)) ?? 0;
        await registry.push(name, { mediaType: mediaType || mediaTypes.ociManifest, digest: image.manifest, size }, { ...options, content: deps.content });
        options.progress({ status: `${name.tag ?? ''}: digest: ${image.manifest} size: ${size}` });
        imageEvent(deps, 'push', { image, name: familiarRepository(name), id: familiarName(name) });
      } finally {
        lease.release();
      }
    }
  };
}
