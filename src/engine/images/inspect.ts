import { readObject } from '../../oci/descriptor.ts';
import { maxManifestBytes } from '../../oci/manifest.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { summarize } from './list.ts';
import type { ImageVerbs } from './verbs.ts';

export function inspectVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['inspect'] {
  return async (text, platform) => {
    const image = catalog.findFor(text, platform, deps.host);
    const configJson = readObject(await deps.content.bytes(image.id, maxManifestBytes), `image config ${image.id}`);
    return { ...summarize(deps, image, { names: catalog.namesOf(image.id) }), configJson, parentId: image.parent ?? '' };
  };
}
