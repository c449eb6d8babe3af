import { escapeInto, longestEscape, type Room } from './escapes.ts';
import { putFraction, wholeSeconds, type Moment } from './time.ts';

/** Lines of a json-file log, byte for byte as Docker writes them: log, stream, attrs, time in this order. */
export type StreamName = 'stdout' | 'stderr';

/** What stands behind the text of a line: all but the time stays the same for a stream. */
export class LineEnd {
  /** The end is in the first `length` of these. */
  readonly bytes: Buffer;
  readonly #timeAt: number;
  #seconds = NaN;
  #length = 0;

  constructor(stream: StreamName, attrs?: string) {
    const first = `","stream":"${stream}"${attrs === undefined ? '' : `,"attrs":${attrs}`},"time":"`;
    this.#timeAt = Buffer.byteLength(first);
    this.bytes = Buffer.alloc(this.#timeAt + longestTime + closing.length);
    this.bytes.write(first);
  }

  get length(): number {
    return this.#length;
  }

  stamp({ seconds, nanoseconds }: Moment): void {
    if (this.#seconds !== seconds) this.bytes.write(wholeSeconds(seconds), this.#timeAt, 'latin1');
    this.#seconds = seconds;
    const at = putFraction(this.bytes, this.#timeAt + secondsLength, nanoseconds);
    for (let index = 0; index < closing.length; index++) this.bytes[at + index] = closing[index]!;
    this.#length = at + closing.length;
  }
}

const secondsLength = '2006-01-02T15:04:05'.length;
const longestTime = '2006-01-02T15:04:05.999999999'.length;
const closing = Buffer.from('Z"}\n');

/** Where lines are written one after the other, byte by byte: a string for each line, or for each escape, takes several times longer. */
export class EncodedLines {
  #room = roomFor(firstBytes);
  #length = 0;
  #ends: number[] = [];

  /** The text is `bytes` from `from` to before `to`. */
  add(text: { bytes: Uint8Array; from: number; to: number }, end: LineEnd): void {
    this.#reserve(head.length + (text.to - text.from) * longestEscape + end.bytes.length);
    const { bytes } = this.#room;
    let at = this.#length;
    for (let index = 0; index < head.length; index++) bytes[at++] = head[index]!;
    at = escapeInto(this.#room, at, text);
    bytes.set(end.bytes, at);
    this.#length = at + end.length;
    this.#ends.push(this.#length);
  }

  /** All lines; they are the next ones' after `clear()`. */
  get bytes(): Buffer {
    return this.#room.bytes.subarray(0, this.#length);
  }

  /** Where each line ends in `bytes`. */
  get ends(): readonly number[] {
    return this.#ends;
  }

  clear(): void {
    this.#length = 0;
    this.#ends = [];
    if (this.#room.bytes.length > mostKeptBytes) this.#room = roomFor(firstBytes);
  }

  #reserve(more: number): void {
    const { bytes } = this.#room;
    if (this.#length + more <= bytes.length) return;
    this.#room = roomFor(Math.max(bytes.length * 2, this.#length + more));
    bytes.copy(this.#room.bytes, 0, 0, this.#length);
  }
}

const firstBytes = 64 * 1024;
const mostKeptBytes = 8 * 1024 * 1024;
const head = Buffer.from('{"log":"');

function roomFor(length: number): Room {
  const bytes = Buffer.allocUnsafeSlow(length);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, length) };
}

/** The `attrs` object: sorted keys, undefined when there is nothing to say. */
export function encodeAttributes(attributes: Record<string, string> | undefined): string | undefined {
  const entries = Object.entries(attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : JSON.stringify(Object.fromEntries(entries));
}
