import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogSettings } from '../driver/runtime.ts';
import { encodeAttributes, EncodedLines, LineEnd, type StreamName } from './line.ts';
import { LineSplitter, type LinePart } from './line-splitter.ts';
import { compressRotated, rotate } from './rotation.ts';
import { momentBehind, nextMoment } from './time.ts';

/** Of the one log that is being written: a write is over when it returns. */
const lines = new EncodedLines();

/**
 * Writes a container's output as Docker's json-file does. Writes are synchronous and to the page cache: what was written before an
 * exit is in the file before the exit is reported. A full disk loses lines, never stops the container: the first failure is told.
 */
export class LogWriter {
  readonly #settings: LogSettings;
  readonly #fail: (error: unknown) => void;
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  readonly #lineEnds: Record<StreamName, LineEnd>;
  #descriptor: number | undefined;
  #bytes = 0;
  #compressing: Promise<void> | undefined;
  #failed = false;

  constructor(settings: LogSettings, fail: (error: unknown) => void) {
    this.#settings = settings;
    const attrs = encodeAttributes(settings.attributes);
    this.#lineEnds = { stdout: new LineEnd('stdout', attrs), stderr: new LineEnd('stderr', attrs) };
    this.#fail = fail;
    if (settings.driver !== 'none') this.#guard(() => this.#open('a'));
  }

  write(stream: StreamName, chunk: Buffer): void {
    if (this.#settings.driver === 'none') return;
    lines.clear();
    this.#splitters[stream].push(chunk, (part) => this.#encode(stream, part));
    this.#append();
  }

  /** What of the last line is not in the file yet, since it may go on. */
  unfinished(stream: StreamName): Buffer {
    return this.#splitters[stream].held;
  }

  /** Writes unfinished lines and closes the file; resolves when nothing is being compressed any more. */
  async close(): Promise<void> {
    lines.clear();
    for (const stream of ['stdout', 'stderr'] as const) this.#splitters[stream].end((part) => this.#encode(stream, part));
    this.#append();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    await this.#compressing;
  }

  #encode(stream: StreamName, part: LinePart): void {
    const end = this.#lineEnds[stream];
    // Lines that were read together have one look at the clock between them.
    if (part.first) end.stamp(lines.ends.length === 0 ? nextMoment() : momentBehind());
    lines.add(part, end);
  }

  /** One write for all lines of a chunk, unless the file has to be rotated between them. */
  #append(): void {
    const { bytes, ends } = lines;
    this.#guard(() => {
      // A rotation may have failed for a while.
      if (this.#descriptor === undefined && ends.length > 0) this.#open('a');
      const maxSize = this.#settings.maxSize ?? Infinity;
      let from = 0;
      for (let begin = 0, index = 0; maxSize !== Infinity && index < ends.length; begin = ends[index++]!) {
        if (this.#bytes + begin - from < maxSize || this.#compressing !== undefined) continue;
        this.#flush(bytes.subarray(from, begin));
        from = begin;
        if (this.#bytes >= maxSize) this.#rotate();
      }
      this.#flush(bytes.subarray(from));
    });
  }

  #flush(batch: Buffer): void {
    if (this.#descriptor === undefined) return;
    for (let from = 0; from < batch.length;) from += writeSync(this.#descriptor, batch, from);
    this.#bytes += batch.length;
  }

  #open(flags: 'a' | 'w'): void {
    mkdirSync(dirname(this.#settings.path), { recursive: true, mode: 0o710 });
    this.#descriptor = openSync(this.#settings.path, flags, 0o640);
    this.#bytes = fstatSync(this.#descriptor).size;
    if (this.#bytes > 0 && !endsLine(this.#settings.path, this.#bytes)) this.#flush(Buffer.from('\n'));
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
