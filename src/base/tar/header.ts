import { GantryError } from '../errors.ts';
import type { TarEntryType } from './entry.ts';

/** One 512-byte block as it stands, before extensions. Sources: POSIX pax, "ustar Interchange Format"; the GNU tar manual, "Standard". */
export interface RawHeader {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtimeSeconds: number;
  typeFlag: string;
  linkName: string;
  uname: string;
  gname: string;
  deviceMajor: number;
  deviceMinor: number;
  gnu: boolean;
}

export const blockSize = 512;

/** undefined for a block of zeros. @throws invalid on a wrong checksum. */
export function parseHeader(block: Buffer): RawHeader | undefined {
  if (block[0] === 0 && isZero(block)) return undefined;
  verifyChecksum(block);
  const magic = block.toString('latin1', 257, 265);
  const gnu = magic === 'ustar  \0';
  const ustar = magic.startsWith('ustar\0');
  const prefix = ustar ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(block, 100, 8) & 0o7777,
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtimeSeconds: number(block, 136, 12),
    typeFlag: block[156] === 0 ? '0' : String.fromCharCode(block[156] as number),
    linkName: text(block, 157, 100),
    uname: gnu || ustar ? text(block, 265, 32) : '',
    gname: gnu || ustar ? text(block, 297, 32) : '',
    deviceMajor: gnu || ustar ? number(block, 329, 8) : 0,
    deviceMinor: gnu || ustar ? number(block, 337, 8) : 0,
    gnu,
  };
}

/** `7` is a contiguous file; unknown flags are refused by the decoder. */
export const entryTypes: Readonly<Record<string, TarEntryType>> = {
  0: 'file', 7: 'file', S: 'file', 1: 'link', 2: 'symlink', 3: 'character', 4: 'block', 5: 'directory', 6: 'fifo',
};

function isZero(block: Buffer): boolean {
  for (let index = 0; index < block.length; index++) if (block[index] !== 0) return false;
  return true;
}

/** The sum of all bytes with the checksum field as spaces; very old archives summed signed bytes. */
function verifyChecksum(block: Buffer): void {
  let unsigned = 8 * 32;
  let signed = 8 * 32;
  for (let index = 0; index < blockSize; index++) {
    if (index >= 148 && index < 156) continue;
    const byte = block[index] as number;
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const stated = number(block, 148, 8);
  if (stated !== unsigned && stated !== signed) throw new GantryError('invalid', 'invalid tar header: wrong checksum');
}

function text(block: Buffer, start: number, length: number): string {
  let end = start;
  while (end < start + length && block[end] !== 0) end++;
  return block.toString('utf8', start, end);
}

/** Octal digits, or base 256 when the first bit is set (GNU; big-endian two's complement). @throws invalid */
export function number(block: Buffer, start: number, length: number): number {
  const first = block[start] as number;
  if ((first & 0x80) !== 0) return base256(block.subarray(start, start + length));
  let value = 0;
  let index = start;
  const end = start + length;
  while (index < end && block[index] === 0x20) index++;
  for (; index < end; index++) {
    const byte = block[index] as number;
    if (byte === 0 || byte === 0x20) break;
    if (byte < 0x30 || byte > 0x37) throw new GantryError('invalid', 'invalid tar header: a number is not octal');
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

function base256(field: Buffer): number {
  const negative = ((field[0] as number) & 0x40) !== 0;
  let value = BigInt((field[0] as number) & (negative ? 0xff : 0x7f));
  for (let index = 1; index < field.length; index++) value = (value << 8n) | BigInt(field[index] as number);
  if (negative) value -= 1n << BigInt(field.length * 8);
  const result = Number(value);
  if (!Number.isSafeInteger(result)) throw new GantryError('invalid', 'invalid tar header: a number is too large');
  return result;
}
