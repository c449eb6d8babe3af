import { GantryError } from '../errors.ts';
import { decodeName } from '../file-names.ts';
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

/** The block that begins at `at` of `bytes`, which `view` shows too. undefined for a block of zeros. @throws invalid on a wrong checksum. */
export function parseHeader(bytes: Buffer, at: number, view: DataView): RawHeader | undefined {
  if (bytes[at] === 0 && isZero(bytes, at)) return undefined;
  verifyChecksum(bytes, at, view);
  // "ustar\0" of POSIX, "ustar  \0" of GNU.
  const isTar = view.getUint32(at + 257) === 0x75737461 && bytes[at + 261] === 0x72;
  const gnu = isTar && bytes[at + 262] === 0x20 && bytes[at + 263] === 0x20 && bytes[at + 264] === 0;
  const ustar = isTar && bytes[at + 262] === 0;
  const prefix = ustar ? text(bytes, at + 345, 155) : '';
  const name = text(bytes, at, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(bytes, at + 100, 8) & 0o7777,
    uid: number(bytes, at + 108, 8),
    gid: number(bytes, at + 116, 8),
    size: number(bytes, at + 124, 12),
    mtimeSeconds: number(bytes, at + 136, 12),
    typeFlag: bytes[at + 156] === 0 ? '0' : String.fromCharCode(bytes[at + 156] as number),
    linkName: text(bytes, at + 157, 100),
    uname: gnu || ustar ? text(bytes, at + 265, 32) : '',
    gname: gnu || ustar ? text(bytes, at + 297, 32) : '',
    deviceMajor: gnu || ustar ? number(bytes, at + 329, 8) : 0,
    deviceMinor: gnu || ustar ? number(bytes, at + 337, 8) : 0,
    gnu,
  };
}

/** `7` is a contiguous file; unknown flags are refused by the decoder. */
export const entryTypes: Readonly<Record<string, TarEntryType>> = {
  0: 'file', 7: 'file', S: 'file', 1: 'link', 2: 'symlink', 3: 'character', 4: 'block', 5: 'directory', 6: 'fifo',
};

function isZero(bytes: Buffer, at: number): boolean {
  for (let index = at; index < at + blockSize; index++) if (bytes[index] !== 0) return false;
  return true;
}

/** Words of the checksum field itself, which counts as spaces. */
const [firstSumWord, lastSumWord] = [148, 152];

/** The sum of all bytes, four at a time: no sum of two lanes' 256 bytes exceeds 16 bits. */
function verifyChecksum(bytes: Buffer, at: number, view: DataView): void {
  let lanes = 0;
  for (let word = 0; word < blockSize; word += 4) {
    if (word === firstSumWord || word === lastSumWord) continue;
    const four = view.getInt32(at + word);
    lanes = (lanes + (four & 0x00ff00ff) + ((four >>> 8) & 0x00ff00ff)) | 0;
  }
  const stated = number(bytes, at + firstSumWord, 8);
  if (stated !== (lanes >>> 16) + (lanes & 0xffff) + 8 * 32 && stated !== signedSum(bytes, at)) throw new GantryError('invalid', 'invalid tar header: wrong checksum');
}

/** Very old archives summed signed bytes. */
function signedSum(bytes: Buffer, at: number): number {
  let sum = 8 * 32;
  for (let index = 0; index < blockSize; index++) if (index < 148 || index >= 156) sum += bytes.readInt8(at + index);
  return sum;
}

function text(bytes: Buffer, start: number, length: number): string {
  let end = start;
  let all = 0;
  for (; end < start + length && bytes[end] !== 0; end++) all |= bytes[end] as number;
  if (end === start) return '';
  return all < 0x80 ? bytes.toString('latin1', start, end) : decodeName(bytes.subarray(start, end));
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
