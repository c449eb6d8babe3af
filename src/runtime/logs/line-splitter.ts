/** Docker cuts lines into parts of this many bytes; the last part of a line carries the newline. */
export const partBytes = 16 * 1024;

export interface LinePart {
  bytes: Buffer;
  /** Ends with a newline; otherwise the line goes on in the next part, or the stream ended within it. */
  last: boolean;
  /** First part of its line: the later ones carry the same time. */
  first: boolean;
}

/** Cuts one output stream into the parts that are logged. Holds at most one unfinished part. */
export class LineSplitter {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #within = false;

  /** Calls back with every part that `chunk` completes. */
  push(chunk: Buffer, emit: (part: LinePart) => void): void {
    let from = 0;
    while (from < chunk.length) {
      const room = partBytes - this.#heldBytes;
      const newline = chunk.indexOf(10, from);
      if (newline !== -1 && newline - from < room) {
        this.#hold(chunk.subarray(from, newline + 1));
        this.#emit(emit, true);
        from = newline + 1;
      } else {
        const to = Math.min(chunk.length, from + room);
        this.#hold(chunk.subarray(from, to));
        if (this.#heldBytes === partBytes) this.#emit(emit, false);
        from = to;
      }
    }
    // The chunk is the reader's: what stays is copied.
    if (this.#heldBytes > 0) this.#held = [Buffer.concat(this.#held)];
  }

  /** Nothing is held, and what comes next begins a line. */
  get isEmpty(): boolean {
    return this.#heldBytes === 0 && !this.#within;
  }

  /** What was pushed and not emitted yet. */
  get held(): Buffer {
    return Buffer.concat(this.#held);
  }

  /** What is left when the stream ends. */
  end(emit: (part: LinePart) => void): void {
    if (this.#heldBytes > 0) this.#emit(emit, false);
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #emit(emit: (part: LinePart) => void, last: boolean): void {
    const bytes = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    const first = !this.#within;
    this.#held = [];
    this.#heldBytes = 0;
    this.#within = !last;
    emit({ bytes, last, first });
  }
}
