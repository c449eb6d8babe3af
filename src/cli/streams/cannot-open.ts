import { errnoOf, GantryError, messageOf } from '../../base/errors.ts';

/** What docker says of a file that cannot be opened. */
export function cannotOpen(path: string, error: unknown): GantryError {
  return new GantryError('invalid', `open ${path}: ${errnoOf(error) === 'ENOENT' ? 'no such file or directory' : messageOf(error)}`, { cause: error });
}
