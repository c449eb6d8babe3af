import { GantryError } from '../../base/errors.ts';
import { isTag, parseReference, withDefaultTag, type Reference } from '../../oci/reference.ts';

/** The name that a new image is to have, of the two parameters that say it; a tag of its own wins over the repository's. Undefined for no name. @throws invalid */
export function newName(repository: string, tag: string): Reference | undefined {
  if (repository === '') return undefined;
  const reference = parseReference(repository);
  if (reference.digest !== undefined) throw new GantryError('invalid', 'cannot import digest reference');
  if (tag !== '' && !isTag(tag)) throw new GantryError('invalid', 'invalid tag format');
  return withDefaultTag(tag === '' ? reference : { ...reference, tag });
}
