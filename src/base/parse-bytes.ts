import { GantryError } from './errors.ts';

const powers = 'bkmgtp';

/**
 * Bytes from `512m`, `1.5GiB`, `64kb`, as Docker reads sizes: whatever the unit is called, it is a power of 1024, and of 1000 for the few
 * sizes that `kilo` says so of. @throws invalid with Docker's sentences
 */
export function parseBytes(text: string, kilo: 1000 | 1024 = 1024): number {
  const refusal = (): GantryError => new GantryError('invalid', `invalid size: '${text}'`);
  const split = lastNumberCharacter(text);
  if (split === -1) throw refusal();
  const spaced = text[split] === ' ';
  const number = text.slice(0, spaced ? split : split + 1);
  const suffix = text.slice(split + 1).toLowerCase();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(number)) throw refusal();
  const size = Number(number);
  if (size < 0) throw refusal();
  if (suffix === '' || suffix === 'b') return Math.trunc(size);
  const power = powers.indexOf(suffix[0] ?? '');
  if (power <= 0 || !['', 'b', 'ib'].includes(suffix.slice(1))) throw new GantryError('invalid', `invalid suffix: '${suffix}'`);
  return Math.trunc(size * kilo ** power);
}

function lastNumberCharacter(text: string): number {
  for (let at = text.length - 1; at >= 0; at -= 1) if ('0123456789. '.includes(text[at] ?? '')) return at;
  return -1;
}
