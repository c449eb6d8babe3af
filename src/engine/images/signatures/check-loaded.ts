import { GantryError } from '../../../base/errors.ts';
import { familiarName, parseReference, repositoryOf } from '../../../oci/reference.ts';
import type { ImageRecord } from '../../../store/records.ts';
import type { Catalog } from '../catalog.ts';
import type { ImageDeps } from '../deps.ts';
import { ruleFor } from './policy.ts';

/**
 * An archive brings no signature: a name whose images must be signed is given only to what was pulled from its repository before, and
 * checked then. @throws forbidden, saying why
 */
export function checkLoaded({ registry }: Pick<ImageDeps, 'registry'>, catalog: Catalog, { image, names }: { image: ImageRecord; names: readonly string[] }): void {
  for (const name of names) {
    const reference = parseReference(name);
    const rule = ruleFor(registry?.signatures ?? [], repositoryOf(reference));
    if (rule?.keys === undefined) continue;
    // An id stands for the config, and that for the layers: it is the image that was checked, however it came this time.
    if (catalog.ofRepository(reference).some((known) => known.imageId === image.id && known.name.includes('@'))) continue;
    throw new GantryError('forbidden', `image ${familiarName(reference)} (${image.index ?? image.manifest}) is refused by the signature policy for ${JSON.stringify(rule.prefix)}: it comes from an archive, which brings no signature`, {
      hint: 'Pull it, or give it another name in the archive.',
    });
  }
}
