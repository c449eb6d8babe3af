import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogSettings } from '../driver/runtime.ts';
import { encodeAttributes, encodeLogLine, escapeText, lineEnd, type StreamName } from './line.ts';
import { LineSplitter, partBytes, type LinePart } from './line-splitter.ts';
import { compressRotated, rotate } from './rotation.ts';
import { nowRfc3339 } from './time.ts';

/** A character of JavaScript is at most three bytes of UTF-8. */
const surelyShort = partBytes / 3;

/**
 * Writes a container's output as Docker's json-file does. Writes are synchronous and to the page cache: what was written before an
 * exit is in the file before the exit is reported. A full disk loses lines, never stops the container: the first failure is told.
 */
export class LogWriter {
  readonly #settings: LogSettings;
  readonly #attrs: string | undefined;
  readonly #fail: (error: unknown) => void;
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  readonly #times = { stdout: '', stderr: '' };
  #descriptor: number | undefined;
  #bytes = 0;
  #compressing: Promise<void> | undefined;
  #failed = false;

  constructor(settings: LogSettings, fail: (error: unknown) => void) {
    this.#settings = settings;
    this.#attrs = encodeAttributes(settings.attributes);
    this.#fail = fail;
    if (settings.driver !== 'none') this.#guard(() => this.#open('a'));
  }

  write(stream: StreamName, chunk: Buffer): void {
    if (this.#settings.driver === 'none') return;
    const splitter = this.#splitters[stream];
    // A line that was begun is ended first: what follows are whole ones.
    const begun = splitter.isEmpty ? 0 : chunk.indexOf(10) + 1;
    const ended = this.#encodeParts(stream, chunk.subarray(0, begun));
    const rest = chunk.subarray(begun);
    const whole = splitter.isEmpty ? this.#encodeLines(stream, rest) : [];
    const parts = this.#encodeParts(stream, whole.length === 0 ? rest : rest.subarray(rest.lastIndexOf(10) + 1));
    this.#append(ended.concat(whole, parts));
  }

  /** What of the last line is not in the file yet, since it may go on. */
  unfinished(stream: StreamName): Buffer {
    return this.#splitters[stream].held;
  }

  /** Writes unfinished lines and closes the file; resolves when nothing is being compressed any more. */
  async close(): Promise<void> {
    const lines: string[] = [];
    for (const stream of ['stdout', 'stderr'] as const) this.#splitters[stream].end((part) => lines.push(this.#encode(stream, part)));
    this.#append(lines);
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    await this.#compressing;
  }

  /** The whole lines of a chunk decoded and escaped at once, which is ten times faster for short ones; none when one may be too long for its part. */
  #encodeLines(stream: StreamName, chunk: Buffer): string[] {
    const end = chunk.lastIndexOf(10);
    if (end === -1) return [];
    const texts = escapeText(chunk.toString('utf8', 0, end)).split('\n');
    if (texts.some((text) => text.length >= surelyShort)) return [];
    return texts.map((text) => `{"log":"${text}\\n${lineEnd({ stream, attrs: this.#attrs, time: nowRfc3339() })}`);
  }

  #encodeParts(stream: StreamName, bytes: Buffer): string[] {
    const lines: string[] = [];
    this.#splitters[stream].push(bytes, (part) => lines.push(this.#encode(stream, part)));
    return lines;
  }

  #encode(stream: StreamName, part: LinePart): string {
    if (part.first) this.#times[stream] = nowRfc3339();
    return encodeLogLine({ log: part.bytes.toString('utf8'), stream, attrs: this.#attrs, time: this.#times[stream] });
  }

  /** One write for all lines of a chunk, unless the file has to be rotated between them. */
  #append(lines: string[]): void {
    this.#guard(() => {
      // A rotation may have failed for a while.
      if (this.#descriptor === undefined && lines.length > 0) this.#open('a');
      let batch = '';
      for (const line of lines) {
        if (this.#bytes + batch.length >= (this.#settings.maxSize ?? Infinity) && this.#compressing === undefined) {
          this.#flush(batch);
          batch = '';
          if (this.#bytes >= (this.#settings.maxSize ?? Infinity)) this.#rotate();
        }
        batch += line;
      }
      this.#flush(batch);
    });
  }

  #flush(batch: string): void {
    if (batch === '' || this.#descriptor === undefined) return;
    const bytes = Buffer.from(batch);
    for (let from = 0; from < bytes.length;) from += writeSync(this.#descriptor, bytes, from);
    this.#bytes += bytes.length;
  }

  #open(flags: 'a' | 'w'): void {
    mkdirSync(dirname(this.#settings.path), { recursive: true, mode: 0o710 });
    this.#descriptor = openSync(this.#settings.path, flags, 0o640);
    this.#bytes = fstatSync(this.#descriptor).size;
    if (this.#bytes > 0 && !endsLine(this.#settings.path, this.#bytes)) this.#flush('\n');
  }

  #rotate(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    const compress = this.#settings.compress === true;
    rotate(this.#settings.path, this.#settings.maxFiles, compress);
    this.#open('w');
    if (!compress || this.#settings.maxFiles < 2) return;
    this.#compressing = compressRotated(this.#settings.path)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => (this.#compressing = undefined));
  }

  #guard(act: () => void): void {
    try {
      act();
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#fail(error);
      this.#failed = true;
    }
  }
}

/** False when a writer before us died within a line. */
function endsLine(path: string, bytes: number): boolean {
  const descriptor = openSync(path, 'r');
  try {
    const last = Buffer.alloc(1);
    readSync(descriptor, last, 0, 1, bytes - 1);
    return last[0] === 10;
  } finally {
    closeSync(descriptor);
  }
}
