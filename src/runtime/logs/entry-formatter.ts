import { isUtf8 } from 'node:buffer';
import { formatEntry, parseEntry, parseNanoseconds, type EntryFormat, type LogEntry } from './entry.ts';
import type { Moment } from './time.ts';
import { unescapeInto } from './unescape.ts';

export interface EntryChoice extends EntryFormat {
  stdout: boolean;
  stderr: boolean;
  /** Nanoseconds since the epoch, both included. */
  since: bigint | undefined;
  until: bigint | undefined;
}

/**
 * Turns lines of a log into what a client reads. Lines as our writer and Docker's write them are taken byte for byte, without a string or an object each;
 * whatever looks otherwise goes through JSON.parse, with the same outcome.
 */
export class EntryFormatter {
  readonly #choice: EntryChoice;
  readonly #since: Moment | undefined;
  readonly #until: Moment | undefined;
  readonly #clock = new LineClock();
  #out: Buffer = Buffer.alloc(0);
  #at = 0;
  #isOver = false;

  constructor(choice: EntryChoice) {
    this.#choice = choice;
    this.#since = choice.since === undefined ? undefined : momentOf(choice.since);
    this.#until = choice.until === undefined ? undefined : momentOf(choice.until);
  }

  /** A line was later than all that is wanted. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Of whole lines, each with its newline. */
  format(lines: Buffer): Buffer {
    // What a line has around its text is longer than a header and a time.
    this.#out = Buffer.allocUnsafe(lines.length);
    this.#at = 0;
    const pieces: Buffer[] = [];
    let taken = 0;
    const isText = isUtf8(lines) && !this.#choice.details;
    for (let begin = 0, end = 0; begin < lines.length && !this.#isOver; begin = end + 1) {
      end = lines.indexOf(newline, begin);
      if (isText && this.#take(lines, begin, end)) continue;
      const slow = this.#parse(lines.toString('utf8', begin, end));
      if (slow === undefined) continue;
      pieces.push(this.#out.subarray(taken, this.#at), slow);
      taken = this.#at;
    }
    const last = this.#out.subarray(taken, this.#at);
    return pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
  }

  #parse(line: string): Buffer | undefined {
    const { since, until } = this.#choice;
    const entry = parseEntry(line);
    if (entry === undefined) return undefined;
    const time = parseNanoseconds(entry.time) ?? 0n;
    this.#isOver = until !== undefined && time > until;
    return !this.#isOver && (since === undefined || time >= since) && this.#wants(entry.stream) ? formatEntry(entry, this.#choice) : undefined;
  }

  #wants(stream: LogEntry['stream']): boolean {
    return stream === 'stderr' ? this.#choice.stderr : this.#choice.stdout;
  }

  /** False when the line has not the usual form, or is later than what is wanted: nothing was taken then. */
  #take(lines: Buffer, begin: number, end: number): boolean {
    const { timestamps, tty } = this.#choice;
    const clock = this.#clock;
    if (!isAt(lines, head, begin) || !isAt(lines, closing, end - closing.length)) return false;
    let time = end - closing.length;
    while (time > begin && lines[time - 1] !== quote) time--;
    const stream = isAt(lines, middle.stdout, time - middle.stdout.length) ? 'stdout' : isAt(lines, middle.stderr, time - middle.stderr.length) ? 'stderr' : undefined;
    const textEnd = time - middle.stdout.length;
    if (stream === undefined || textEnd < begin + head.length || !clock.read(lines, time, end - closing.length + 1)) return false;
    // It ends the reading if it is a line at all, which is for JSON.parse to say.
    if (this.#until !== undefined && isBefore(this.#until, clock)) return false;
    if ((this.#since !== undefined && isBefore(clock, this.#since)) || !this.#wants(stream)) return true;
    const place = tty ? this.#at : this.#at + 8;
    const text = timestamps ? clock.write(this.#out, place) : place;
    const after = unescapeInto(this.#out, text, { bytes: lines, from: begin + head.length, to: textEnd });
    if (after === undefined) return false;
    if (!tty) {
      this.#out.writeUInt32BE(stream === 'stderr' ? 0x02000000 : 0x01000000, this.#at);
      this.#out.writeUInt32BE(after - place, this.#at + 4);
    }
    this.#at = after;
    return true;
  }
}

const newline = 10;
const quote = 0x22;
const head = Buffer.from('{"log":"');
const closing = Buffer.from('Z"}');
const middle = { stdout: Buffer.from('","stream":"stdout","time":"'), stderr: Buffer.from('","stream":"stderr","time":"') };

function isAt(bytes: Buffer, wanted: Buffer, at: number): boolean {
  if (at < 0) return false;
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

const secondsLength = '2006-01-02T15:04:05'.length;

function momentOf(nanoseconds: bigint): Moment {
  const rest = nanoseconds % second;
  const within = rest < 0n ? rest + second : rest;
  return { seconds: Number((nanoseconds - within) / second), nanoseconds: Number(within) };
}

const second = 1_000_000_000n;

function isBefore(a: Moment, b: Moment): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanoseconds < b.nanoseconds);
}

/** The time of one line after the other, most of them of one second. */
class LineClock implements Moment {
  readonly #whole = Buffer.alloc(secondsLength);
  seconds = NaN;
  nanoseconds = 0;

  /** False for what is not RFC 3339 in UTC, `to` being behind its `Z`. */
  read(bytes: Buffer, from: number, to: number): boolean {
    const dot = from + secondsLength;
    const digits = to - 1 - dot - 1;
    if (to - 1 !== dot && (bytes[dot] !== 0x2e || digits < 1 || digits > 9)) return false;
    if (!isAt(bytes, this.#whole, from)) {
      const nanoseconds = parseNanoseconds(`${bytes.toString('latin1', from, dot)}Z`);
      if (nanoseconds === undefined) return false;
      bytes.copy(this.#whole, 0, from, dot);
      this.seconds = momentOf(nanoseconds).seconds;
    }
    this.nanoseconds = 0;
    for (let place = 0, at = dot + 1; place < 9; place++, at++) {
      const digit = at < to - 1 ? bytes[at]! - 0x30 : 0;
      if (digit < 0 || digit > 9) return false;
      this.nanoseconds = this.nanoseconds * 10 + digit;
    }
    return true;
  }

  /** With all nine digits, so that columns align, and a space; gives the place behind. */
  write(out: Buffer, at: number): number {
    for (let index = 0; index < secondsLength; index++) out[at + index] = this.#whole[index]!;
    const dot = at + secondsLength;
    out[dot] = 0x2e;
    for (let place = dot + 9, left = this.nanoseconds; place > dot; place--) {
      const rest = Math.trunc(left / 10);
      out[place] = 0x30 + left - rest * 10;
      left = rest;
    }
    out[dot + 10] = 0x5a;
    out[dot + 11] = 0x20;
    return dot + 12;
  }
}
