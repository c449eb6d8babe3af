import { characterBytes } from './character.ts';

/**
 * How text stands in a line of a json-file log, byte for byte as Docker writes it: `<`, `>`, `&`, the two Unicode line separators and every control
 * character but newline and carriage return as `\u00xx`, every byte that belongs to no character as `\ufffd`.
 */
export const longestEscape = 6;

const quoted = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
const shortOnes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\r': '\\r', '\n': '\\n', '<': quoted(0x3c), '>': quoted(0x3e), '&': quoted(0x26) };

/** What becomes of a byte that is a character of its own, or belongs to none: `sizes` bytes, the first four of them and the last two. */
const sizes = new Uint8Array(256);
const firstFour = new Uint32Array(256);
const lastTwo = new Uint16Array(256);
/** 1 for the bytes that are copied as they are. */
const isPlain = new Uint8Array(256);
/** 1 for two bytes, the first one times 256, that may begin a character of more than one byte. */
const mayBegin = new Uint8Array(256 * 256);

for (let byte = 0; byte < 256; byte++) {
  const character = String.fromCharCode(byte);
  const escape = byte < 0x80 ? shortOnes[character] ?? (byte < 0x20 ? quoted(byte) : character) : quoted(0xfffd);
  const word = new DataView(new ArrayBuffer(longestEscape + 2));
  for (let at = 0; at < escape.length; at++) word.setUint8(at, escape.charCodeAt(at));
  sizes[byte] = escape.length;
  firstFour[byte] = word.getUint32(0);
  lastTwo[byte] = word.getUint16(4);
  isPlain[byte] = Number(escape === character);
  for (let second = 0x80; byte >= 0xc2 && byte < 0xf5 && second < 0xc0; second++) mayBegin[byte << 8 | second] = 1;
}

const lineSeparator = Buffer.from(quoted(0x2028));
const paragraphSeparator = Buffer.from(quoted(0x2029));

/** Where text is written to, and the same memory as words: they are stored in one go, wherever they lie. */
export interface Room { bytes: Buffer; view: DataView }

/**
 * Writes `text` from `from` to before `to`, escaped, and gives the place behind it; it needs room for as many of the longest escapes. Four bytes at a
 * time: one by one, the processor would guess wrong at half of what is no text, which takes longer than all the rest.
 */
export function escapeInto(room: Room, place: number, { bytes: text, from, to }: { bytes: Uint8Array; from: number; to: number }): number {
  const { bytes, view } = room;
  let at = place;
  for (let index = from; index < to;) {
    const first = text[index]!;
    if (index + 4 < to) {
      const second = text[index + 1]!;
      const third = text[index + 2]!;
      const fourth = text[index + 3]!;
      if ((isPlain[first]! & isPlain[second]! & isPlain[third]! & isPlain[fourth]!) === 1) {
        bytes[at] = first;
        bytes[at + 1] = second;
        bytes[at + 2] = third;
        bytes[at + 3] = fourth;
        at += 4;
        index += 4;
        continue;
      }
      if ((mayBegin[first << 8 | second]! | mayBegin[second << 8 | third]! | mayBegin[third << 8 | fourth]! | mayBegin[fourth << 8 | text[index + 4]!]!) === 0) {
        at = put(view, put(view, put(view, put(view, at, first), second), third), fourth);
        index += 4;
        continue;
      }
    }
    const size = first < 0x80 ? 0 : characterBytes(text, index, to);
    const escape = size === 3 ? separatorEscape(text, index) : undefined;
    if (size === 0) at = put(view, at, first);
    else if (escape !== undefined) for (const byte of escape) bytes[at++] = byte;
    else for (let next = index; next < index + size; next++) bytes[at++] = text[next]!;
    index += size === 0 ? 1 : size;
  }
  return at;
}

function put(view: DataView, at: number, byte: number): number {
  view.setUint32(at, firstFour[byte]!);
  view.setUint16(at + 4, lastTwo[byte]!);
  return at + sizes[byte]!;
}

function separatorEscape(text: Uint8Array, at: number): Uint8Array | undefined {
  if (text[at] !== 0xe2 || text[at + 1] !== 0x80) return undefined;
  return text[at + 2] === 0xa8 ? lineSeparator : text[at + 2] === 0xa9 ? paragraphSeparator : undefined;
}
