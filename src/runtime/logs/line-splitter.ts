/** Docker cuts lines into parts of this many bytes; the last part of a line carries the newline. */
export const partBytes = 16 * 1024;

/** A part is `bytes` from `from` to before `to`, and theirs only during the call. */
export interface LinePart {
  bytes: Buffer;
  from: number;
  to: number;
  /** First part of its line: the later ones carry the same time. The last one ends with a newline, unless the stream ended within it. */
  first: boolean;
}

/** Cuts one output stream into the parts that are logged. Holds at most one unfinished part. */
export class LineSplitter {
  #held: Buffer = Buffer.alloc(0);
  #within = false;

  /** Calls back with every part that `chunk` completes. */
  push(chunk: Buffer, emit: (part: LinePart) => void): void {
    let from = this.#held.length === 0 ? 0 : this.#goOn(chunk, emit);
    while (from < chunk.length) {
      const to = endOfPart(chunk, from, partBytes);
      if (to === undefined) break;
      this.#emit(emit, { bytes: chunk, from, to });
      from = to;
    }
    // The chunk is the reader's: what stays is copied.
    if (from < chunk.length) this.#held = Buffer.concat([this.#held, chunk.subarray(from)]);
  }

  /** What was pushed and not emitted yet. */
  get held(): Buffer {
    return Buffer.from(this.#held);
  }

  /** What is left when the stream ends. */
  end(emit: (part: LinePart) => void): void {
    if (this.#held.length > 0) this.#emit(emit, { bytes: this.#held, from: 0, to: this.#held.length });
    this.#held = Buffer.alloc(0);
  }

  /** Ends the part that is held, if the chunk does: gives where the next one begins. */
  #goOn(chunk: Buffer, emit: (part: LinePart) => void): number {
    const to = endOfPart(chunk, 0, partBytes - this.#held.length);
    if (to === undefined) return 0;
    const bytes = Buffer.concat([this.#held, chunk.subarray(0, to)]);
    this.#held = Buffer.alloc(0);
    this.#emit(emit, { bytes, from: 0, to: bytes.length });
    return to;
  }

  #emit(emit: (part: LinePart) => void, { bytes, from, to }: { bytes: Buffer; from: number; to: number }): void {
    const first = !this.#within;
    this.#within = bytes[to - 1] !== newline;
    emit({ bytes, from, to, first });
  }
}

const newline = 10;
/** Short lines are looked through here, sooner than a call to the C++ that looks through long ones. */
const shortBytes = 64;

/** Where a part that has `room` left ends: behind a newline, or where it is full. Undefined when the chunk does not say. */
function endOfPart(chunk: Buffer, from: number, room: number): number | undefined {
  const full = from + room;
  const near = Math.min(from + shortBytes, chunk.length);
  let end = from;
  while (end < near && chunk[end] !== newline) end++;
  if (end === near) end = chunk.indexOf(newline, near);
  if (end !== -1 && end < full) return end + 1;
  return full <= chunk.length ? full : undefined;
}
