import { collect } from '../../store/collect/collect.ts';
import { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { historyVerb } from './history.ts';
import { importVerb } from './import.ts';
import { inspectVerb } from './inspect.ts';
import { layerBytes, listVerb } from './list.ts';
import { loadVerb } from './load.ts';
import { pruneVerb } from './prune.ts';
import { pullVerb } from './pull.ts';
import { pushVerb } from './push.ts';
import { registryVerbs } from './registry-verbs.ts';
import { removeVerb } from './remove.ts';
import { saveVerb } from './save.ts';
import { tagVerb } from './tag.ts';
import { unpackVerb } from './unpack.ts';
import type { ImageVerbs } from './verbs.ts';

export function createImageVerbs(deps: ImageDeps): ImageVerbs {
  const catalog = new Catalog(deps.metadata);
  return {
    resolve: (image, platform) => catalog.findFor(image, platform, deps.host),
    list: listVerb(deps, catalog),
    layerBytes: () => layerBytes(deps, catalog),
    inspect: inspectVerb(deps, catalog),
    history: historyVerb(deps, catalog),
    tag: tagVerb(deps, catalog),
    remove: removeVerb(deps, catalog),
    load: loadVerb(deps, catalog),
    save: saveVerb(deps, catalog),
    import: importVerb(deps),
    pull: pullVerb(deps, catalog),
    push: pushVerb(deps, catalog),
    prune: pruneVerb(deps, catalog),
    unpack: unpackVerb(deps, catalog),
    letGo: async (images, layers) => {
      if (images.some(({ id }) => catalog.images.get(id) === undefined)) await collect(deps, { digests: new Set(), chainIds: new Set(layers) });
    },
    registries: registryVerbs(deps),
  };
}
