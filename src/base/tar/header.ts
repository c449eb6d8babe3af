import { GantryError } from '../errors.ts';
import { decodeName } from '../file-names.ts';
import type { TarEntry, TarEntryType } from './entry.ts';

export const blockSize = 512;

/** One block of an archive, as bytes and as the words that its sum is made of. */
export class HeaderBlock {
  readonly bytes = Buffer.alloc(blockSize);
  readonly words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, blockSize / 4);
}

/** One block as it stands, before extensions: the member that it announces when there are none. */
export interface RawHeader extends Writable<TarEntry> {
  typeFlag: string;
}
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const none: ReadonlyMap<string, Uint8Array> = new Map();

/**
 * Undefined for a block of zeros. @throws invalid on a wrong checksum
 * Sources: POSIX pax, "ustar Interchange Format"; the GNU tar manual, "Standard".
 */
export function parseHeader({ bytes, words }: HeaderBlock): RawHeader | undefined {
  if (bytes[0] === 0 && isZero(words)) return undefined;
  verifyChecksum(bytes, words);
  const format = formatOf(bytes);
  const prefix = format === 'ustar' ? text(bytes, 345, 155) : '';
  const name = text(bytes, 0, 100);
  const size = number(bytes, 124, 12);
  const typeFlag = bytes[156] === 0 ? '0' : String.fromCharCode(bytes[156] as number);
  const isNode = format !== 'old' && (typeFlag === '3' || typeFlag === '4');
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: entryTypes[typeFlag] ?? 'file',
    mode: number(bytes, 100, 8) & 0o7777,
    uid: number(bytes, 108, 8),
    gid: number(bytes, 116, 8),
    size,
    realSize: size,
    mtime: { seconds: number(bytes, 136, 12), nanoseconds: 0 },
    linkName: text(bytes, 157, 100),
    deviceMajor: isNode ? number(bytes, 329, 8) : 0,
    deviceMinor: isNode ? number(bytes, 337, 8) : 0,
    xattrs: none,
    typeFlag,
  };
}

/** "ustar\0" of POSIX, "ustar  \0" of GNU. */
function formatOf(bytes: Buffer): 'ustar' | 'gnu' | 'old' {
  const isTar = bytes[257] === 0x75 && bytes[258] === 0x73 && bytes[259] === 0x74 && bytes[260] === 0x61 && bytes[261] === 0x72;
  if (isTar && bytes[262] === 0) return 'ustar';
  return isTar && bytes[262] === 0x20 && bytes[263] === 0x20 && bytes[264] === 0 ? 'gnu' : 'old';
}

/** `7` is a contiguous file; unknown flags are refused by the decoder. */
export const entryTypes: Readonly<Record<string, TarEntryType>> = {
  0: 'file', 7: 'file', S: 'file', 1: 'link', 2: 'symlink', 3: 'character', 4: 'block', 5: 'directory', 6: 'fifo',
};

function isZero(words: Int32Array): boolean {
  for (let index = 0; index < words.length; index++) if (words[index] !== 0) return false;
  return true;
}

/** Words of the checksum field itself, which counts as spaces. */
const [firstSumWord, lastSumWord] = [37, 38];

/** The sum of all bytes, four at a time: no sum of two lanes' 256 bytes exceeds 16 bits. */
function verifyChecksum(bytes: Buffer, words: Int32Array): void {
  let lanes = lanesOf(words, 0, firstSumWord);
  lanes = (lanes + lanesOf(words, lastSumWord + 1, words.length)) | 0;
  const stated = number(bytes, firstSumWord * 4, 8);
  if (stated !== (lanes >>> 16) + (lanes & 0xffff) + 8 * 32 && stated !== signedSum(bytes)) throw new GantryError('invalid', 'archive/tar: invalid tar header: wrong checksum');
}

function lanesOf(words: Int32Array, first: number, end: number): number {
  let lanes = 0;
  for (let index = first; index < end; index++) {
    const four = words[index] as number;
    lanes = (lanes + (four & 0x00ff00ff) + ((four >>> 8) & 0x00ff00ff)) | 0;
  }
  return lanes;
}

/** Very old archives summed signed bytes. */
function signedSum(bytes: Buffer): number {
  let sum = 8 * 32;
  for (let index = 0; index < blockSize; index++) if (index < 148 || index >= 156) sum += bytes.readInt8(index);
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
    if (byte < 0x30 || byte > 0x37) throw new GantryError('invalid', 'archive/tar: invalid tar header: a number is not octal');
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
  if (!Number.isSafeInteger(result)) throw new GantryError('invalid', 'archive/tar: invalid tar header: a number is too large');
  return result;
}
