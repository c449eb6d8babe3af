import { GantryError } from '../../base/errors.ts';
import { canonicalName, familiarName, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import type { ImageVerbs } from './verbs.ts';

/** Another name for an image; a name that stood for another one moves. */
export function tagVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['tag'] {
  return async (text, repository, tag) => {
    const image = catalog.find(text);
    const reference = parseReference(tag === '' ? repository : `${repository}:${tag}`);
    if (reference.digest !== undefined) throw new GantryError('invalid', 'refusing to create a tag with a digest reference');
    const named = withDefaultTag(reference);
    catalog.durably(() => catalog.point(canonicalName(named), image, catalog.targetOf(text, image)));
    imageEvent(deps, 'tag', { image, name: familiarName(named) });
  };
}
