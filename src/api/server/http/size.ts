import { GantryError } from '../../../base/errors.ts';
import type { Query } from './query.ts';

/** `h` and `w` of a resize. @throws invalid for what is no number of 32 bits. */
export function sizeOf(query: Query): { rows: number; columns: number } {
  return { rows: dimension(query.text('h'), 'height'), columns: dimension(query.text('w'), 'width') };
}

function dimension(text: string, name: string): number {
  if (!/^-?\d+$/.test(text)) throw new GantryError('invalid', `invalid resize ${name} ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (value < 0 || value > 0xffff_ffff) throw new GantryError('invalid', `invalid resize ${name} ${JSON.stringify(text)}: value out of range`);
  // The kernel keeps the size of a terminal in 16 bits.
  return Math.min(value, 0xffff);
}
