import { characterBytes } from './character.ts';

/**
 * Lines of a json-file log, byte for byte as Docker writes them: log, stream, attrs, time in this order; `<`, `>`, `&`, the two
 * Unicode line separators and every control character but newline and carriage return as `\u00xx`, every byte that belongs to no character as `\ufffd`.
 */
export type StreamName = 'stdout' | 'stderr';

/** What stands behind the text of a line. */
export function lineEnd({ stream, attrs, time }: { stream: StreamName; attrs?: string; time: string }): string {
  return `","stream":"${stream}"${attrs === undefined ? '' : `,"attrs":${attrs}`},"time":"${time}"}\n`;
}

/** Where lines are written one after the other, byte by byte: a string for each line, or for each escape, takes several times longer. */
export class EncodedLines {
  #bytes: Buffer = Buffer.allocUnsafe(firstBytes);
  #length = 0;
  #ends: number[] = [];

  /** The text is `text` from `from` to before `to`; `end` is of `lineEnd()`. */
  add(text: Buffer, range: { from: number; to: number }, end: string): void {
    this.#reserve(head.length + (range.to - range.from) * longestEscape + end.length * 3);
    let at = copy(head, this.#bytes, this.#length);
    at = escapeInto({ bytes: this.#bytes, at }, text, range);
    this.#length = at + this.#bytes.write(end, at);
    this.#ends.push(this.#length);
  }

  /** All lines; they are the next ones' after `clear()`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Where each line ends in `bytes`. */
  get ends(): readonly number[] {
    return this.#ends;
  }

  clear(): void {
    this.#length = 0;
    this.#ends = [];
    if (this.#bytes.length > mostKeptBytes) this.#bytes = Buffer.allocUnsafe(firstBytes);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const firstBytes = 64 * 1024;
const mostKeptBytes = 8 * 1024 * 1024;
const head = Buffer.from('{"log":"');
const longestEscape = 6;
const quoted = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
const shortOnes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\r': '\\r', '\n': '\\n', '<': quoted(0x3c), '>': quoted(0x3e), '&': quoted(0x26) };

/** Of ASCII, by the character's number; undefined for what stays. */
const escapes = Array.from({ length: 0x80 }, (_, code): Buffer | undefined => {
  const escape = shortOnes[String.fromCharCode(code)] ?? (code < 0x20 ? quoted(code) : undefined);
  return escape === undefined ? undefined : Buffer.from(escape);
});
/** 1 for the bytes that are copied as they are. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte < 0x80 && escapes[byte] === undefined));
const lineSeparator = Buffer.from(quoted(0x2028));
const paragraphSeparator = Buffer.from(quoted(0x2029));
const replacement = Buffer.from(quoted(0xfffd));

/** Gives the place behind what it wrote. */
function escapeInto(out: { bytes: Buffer; at: number }, text: Buffer, { from, to }: { from: number; to: number }): number {
  const { bytes } = out;
  let { at } = out;
  for (let index = from; index < to;) {
    const byte = text[index]!;
    if (isPlain[byte] === 1) {
      bytes[at++] = byte;
      index++;
      continue;
    }
    const size = byte < 0x80 ? 1 : characterBytes(text, index, to);
    const escape = size === 0 ? replacement : size === 1 ? escapes[byte] : size === 3 ? separatorEscape(text, index) : undefined;
    if (escape !== undefined) at = copy(escape, bytes, at);
    else for (let next = 0; next < size; next++) bytes[at++] = text[index + next]!;
    index += size === 0 ? 1 : size;
  }
  return at;
}

function separatorEscape(text: Buffer, at: number): Buffer | undefined {
  if (text[at] !== 0xe2 || text[at + 1] !== 0x80) return undefined;
  return text[at + 2] === 0xa8 ? lineSeparator : text[at + 2] === 0xa9 ? paragraphSeparator : undefined;
}

/** A few bytes are there sooner than a call to the C++ that would copy them. */
function copy(from: Buffer, to: Buffer, at: number): number {
  for (let index = 0; index < from.length; index++) to[at + index] = from[index]!;
  return at + from.length;
}

/** The `attrs` object: sorted keys, undefined when there is nothing to say. */
export function encodeAttributes(attributes: Record<string, string> | undefined): string | undefined {
  const entries = Object.entries(attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : JSON.stringify(Object.fromEntries(entries));
}
