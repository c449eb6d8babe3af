import { Transform, type TransformCallback } from 'node:stream';

/** Numbers of the streams on Docker's wire; 3 is an error of the engine itself. */
export const streamNumber = { stdin: 0, stdout: 1, stderr: 2, systemError: 3 } as const;

const headerLength = 8;

/** One frame: `[stream, 0, 0, 0, length u32 big-endian]` and the payload. */
export function frame(stream: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(headerLength);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/**
 * Lets the frames of some streams through; with `unframe` their payload alone. It keeps no payload: a frame passes as it arrives,
 * whatever length its header claims.
 */
export class FrameFilter extends Transform {
  readonly #accepts: (stream: number) => boolean;
  readonly #unframe: boolean;
  #header = Buffer.alloc(0);
  #left = 0;
  #passing = false;

  constructor(options: { accepts: (stream: number) => boolean; unframe?: boolean }) {
    super();
    this.#accepts = options.accepts;
    this.#unframe = options.unframe ?? false;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#left > 0 ? this.#takePayload(rest) : this.#takeHeader(rest);
    done();
  }

  #takePayload(chunk: Buffer): Buffer {
    const part = chunk.subarray(0, this.#left);
    this.#left -= part.length;
    if (this.#passing) this.push(part);
    return chunk.subarray(part.length);
  }

  #takeHeader(chunk: Buffer): Buffer {
    const missing = headerLength - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)]);
    if (this.#header.length < headerLength) return chunk.subarray(missing);
    this.#passing = this.#accepts(this.#header[0]!);
    this.#left = this.#header.readUInt32BE(4);
    if (this.#passing && !this.#unframe) this.push(this.#header);
    this.#header = Buffer.alloc(0);
    return chunk.subarray(missing);
  }
}
