import { GantryError } from '../../../base/errors.ts';

const nanosPerSecond = 1_000_000_000n;

/**
 * Reads a time as Docker's queries write it: seconds with a fraction (`1700000000.000000001`) or RFC 3339; "" and "0" for the
 * absent are the caller's to tell apart: "" gives undefined. Nanoseconds since the epoch.
 */
export function parseTimestamp(text: string): bigint | undefined {
  if (text === '') return undefined;
  const decimal = /^(-?)(\d{1,18})(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (decimal !== null) {
    const nanos = BigInt(decimal[2]!) * nanosPerSecond + BigInt((decimal[3] ?? '').padEnd(9, '0') || '0');
    return decimal[1] === '-' ? -nanos : nanos;
  }
  const rfc = parseRfc3339(text);
  if (rfc === undefined) throw new GantryError('invalid', `failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return rfc;
}

/** Nanoseconds since the epoch of an RFC 3339 time; undefined when it is none. */
export function parseRfc3339(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const milliseconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0') || '0');
}

/** Whole seconds since the epoch of an RFC 3339 time; 0 when it is none. */
export function unixSeconds(text: string): number {
  const nanos = parseRfc3339(text);
  return nanos === undefined ? 0 : Number((nanos - (((nanos % nanosPerSecond) + nanosPerSecond) % nanosPerSecond)) / nanosPerSecond);
}
