import { canonicalName, familiarName, parseReference } from '../../oci/reference.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { newName } from './new-name.ts';
import type { ImageVerbs } from './verbs.ts';

/** Another name for an image; a name that stood for another one moves. */
export function tagVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['tag'] {
  return async (text, repository, tag) => {
    const image = catalog.find(text);
    const named = newName(repository, tag) ?? parseReference(repository);
    catalog.durably(() => catalog.point(canonicalName(named), image, catalog.targetOf(text, image)));
    imageEvent(deps, 'tag', { image, name: familiarName(named) });
  };
}
