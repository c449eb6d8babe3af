import { readObject } from '../../oci/descriptor.ts';
import { maxManifestBytes } from '../../oci/manifest.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { summarize } from './list.ts';
import { describeTarget } from './manifest-summaries.ts';
import type { ImageVerbs } from './verbs.ts';

export function inspectVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['inspect'] {
  return async (text, { platform, manifests = false }) => {
    const image = catalog.findFor(text, platform, deps.host);
    const configJson = readObject(await deps.content.bytes(image.id, maxManifestBytes), `image config ${image.id}`);
    const names = catalog.namesWithin(image);
    return {
      ...summarize(deps, image, { names, containers: deps.imageUsers(image.id).length }), configJson, parentId: image.parent ?? '',
      namedAtMs: names.length === 0 ? image.addedAtMs : Math.max(...names.map(({ updatedAtMs }) => updatedAtMs)),
      ...(manifests && await describeTarget(deps, catalog, image)),
    };
  };
}
