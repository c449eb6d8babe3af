import { GantryError } from '../errors.ts';
import { encodeName } from '../file-names.ts';
import type { TarTime } from './entry.ts';

/** Records of a pax extended header; keys are text, values stay bytes (attributes are binary). */
export type PaxRecords = Map<string, Buffer>;

/** `<length> <key>=<value>\n`, the length counting itself. @throws invalid */
export function parsePax(bytes: Buffer): PaxRecords {
  const records: PaxRecords = new Map();
  for (let start = 0; start < bytes.length;) {
    const space = bytes.indexOf(0x20, start);
    const digits = space < 0 ? '' : bytes.toString('latin1', start, space);
    const length = /^[1-9]\d{0,9}$/.test(digits) ? Number(digits) : 0;
    const end = start + length;
    const equals = bytes.indexOf(0x3d, space);
    if (end > bytes.length || length < 5 || equals < 0 || equals >= end || bytes[end - 1] !== 0x0a) {
      throw new GantryError('invalid', 'archive/tar: invalid tar header: broken pax record');
    }
    const key = bytes.toString('utf8', space + 1, equals);
    // GNU sparse 0.0 repeats its keys; their values are gathered in order.
    const value = bytes.subarray(equals + 1, end - 1);
    const before = key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes' ? records.get(key) : undefined;
    records.set(key, Buffer.from(before === undefined ? value : Buffer.concat([before, Buffer.from(','), value])));
    start = end;
  }
  return records;
}

export function formatPax(records: Iterable<readonly [string, string | Uint8Array]>): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of records) {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), typeof value === 'string' ? encodeName(value) : value, Buffer.from('\n')]);
    let length = rest.length + String(rest.length).length;
    if (String(length).length + rest.length !== length) length = rest.length + String(length).length;
    parts.push(Buffer.from(String(length)), rest);
  }
  return Buffer.concat(parts);
}

/** Decimal seconds with any number of digits; nanoseconds are cut, not rounded, as tar does. @throws invalid */
export function parsePaxTime(text: string): TarTime {
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw new GantryError('invalid', `archive/tar: invalid tar header: broken time ${JSON.stringify(text.slice(0, 40))}`);
  const seconds = Number(match[2]);
  const nanoseconds = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match[1] !== '-') return { seconds, nanoseconds };
  return nanoseconds === 0 ? { seconds: -seconds, nanoseconds } : { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}

export function formatPaxTime(time: TarTime): string {
  if (time.nanoseconds === 0) return String(time.seconds);
  const negative = time.seconds < 0;
  const whole = negative ? -time.seconds - 1 : time.seconds;
  const part = negative ? 1_000_000_000 - time.nanoseconds : time.nanoseconds;
  return `${negative ? '-' : ''}${whole}.${String(part).padStart(9, '0').replace(/0+$/, '')}`;
}

/** @throws invalid */
export function paxNumber(records: PaxRecords, key: string): number | undefined {
  const value = records.get(key)?.toString('latin1');
  if (value === undefined) return undefined;
  const result = /^-?\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(result)) throw new GantryError('invalid', `archive/tar: invalid tar header: broken pax number ${key}`);
  return result;
}
