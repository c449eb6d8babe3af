import { GantryError } from '../../base/errors.ts';

/** @throws invalid for a name that no context can have */
export function checkName(name: string): void {
  if (name === 'default') throw new GantryError('invalid', '"default" is a reserved context name');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/.test(name)) throw new GantryError('invalid', `context name "${name}" is invalid, names are validated against regexp "^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"`);
}
