import { parseBytes } from '../../base/parse-bytes.ts';
import { custom, type Flag, type FlagOptions } from './flag.ts';

type Numeric = FlagOptions & { initial?: number };

/** A signed integer of 64 bits, in decimal, `0x`, `0o` or `0b` notation, as Go's `strconv.ParseInt(s, 0, 64)`. */
export function int(summary: string, options: Numeric = {}): Flag<number> {
  return integer(summary, { ...options, go: 'ParseInt', least: -(2n ** 63n), most: 2n ** 63n - 1n, type: options.type ?? 'int' });
}

export function uint(summary: string, options: Numeric & { bits: 16 | 64 }): Flag<number> {
  const { bits, ...rest } = options;
  return integer(summary, { ...rest, go: 'ParseUint', least: 0n, most: 2n ** BigInt(bits) - 1n, type: rest.type ?? `uint${bits === 64 ? '' : bits}` });
}

function integer(summary: string, options: Numeric & { go: string; least: bigint; most: bigint }): Flag<number> {
  const { initial = 0, go, least, most, ...rest } = options;
  const parse = (value: string): number => {
    const plain = value.replace(/(?<=[0-9a-fA-F])_(?=[0-9a-fA-F])/g, '');
    const shape = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+)$/.exec(plain);
    if (shape === null || (go === 'ParseUint' && shape[1] !== '')) throw new Error(`strconv.${go}: parsing ${JSON.stringify(value)}: invalid syntax`);
    const digits = shape[2] ?? '0';
    const magnitude = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
    const number = shape[1] === '-' ? -magnitude : magnitude;
    if (number < least || number > most) throw new Error(`strconv.${go}: parsing ${JSON.stringify(value)}: value out of range`);
    return Number(number);
  };
  return custom(summary, { ...(initial === 0 ? {} : { shown: String(initial) }), ...rest, initial, parse });
}

export function bytes(summary: string, options: FlagOptions & { minusOne?: boolean } = {}): Flag<number> {
  const { minusOne = false, ...rest } = options;
  return custom(summary, { type: 'bytes', ...rest, initial: 0, parse: (value) => (minusOne && value === '-1' ? -1 : parseBytes(value)) });
}

/** Billionths of a CPU from `1.5`, `2`, `1/2`. */
export function decimalCpus(summary: string, options: FlagOptions = {}): Flag<number> {
  return custom(summary, { type: 'decimal', ...options, initial: 0, parse: parseCpus });
}

export function parseCpus(value: string): number {
  const refusal = new Error(`failed to parse ${value} as a rational number`);
  const fraction = /^([+-]?\d+)\/(\d+)$/.exec(value);
  if (fraction !== null) {
    const over = BigInt(fraction[2] ?? '0');
    const scaled = BigInt(fraction[1] ?? '0') * 1_000_000_000n;
    if (over === 0n) throw refusal;
    if (scaled % over !== 0n) throw new Error('value is too precise');
    return Number(scaled / over);
  }
  const shape = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(value);
  if (shape === null || `${shape[2]}${shape[3]}` === '') throw refusal;
  const exponent = 9 + Number(shape[4] ?? 0) - (shape[3] ?? '').length;
  let digits = `${shape[2]}${shape[3]}`;
  if (exponent >= 0) digits += '0'.repeat(Math.min(exponent, 40));
  else {
    const cut = digits.padStart(-exponent + 1, '0');
    if (/[1-9]/.test(cut.slice(exponent))) throw new Error('value is too precise');
    digits = cut.slice(0, exponent);
  }
  return Number(digits) * (shape[1] === '-' ? -1 : 1);
}
