import { constants, createGunzip, createZstdDecompress } from 'node:zlib';

/** Plain bytes come out in pieces of this size: small enough to be still in the processor's cache when they are hashed and written. */
const outputBytes = 1 << 18;

/** A window larger than 128 MB is refused: it is what zstd's own program allows without being asked. */
export const zstdLimits = { [constants.ZSTD_d_windowLogMax]: 27 };

/**
 * What lies below Node's decompression streams. Its streams hand each piece to another thread and allocate it anew, which costs as much
 * as inflating; a worker that does nothing else calls this instead. Not public API: goes when node:zlib inflates piecewise on the caller's
 * thread by itself.
 */
interface Below {
  _handle: {
    writeSync(flush: number, input: Uint8Array, inputAt: number, inputBytes: number, output: Uint8Array, outputAt: number, outputBytes: number): void;
    onerror: (message: string, errno: number, code: string) => void;
  };
  /** After a write: room left in the output, input not yet taken. */
  _writeState: Uint32Array;
  close(): void;
}

/** Whether this Node lets us. */
export function canInflate(): boolean {
  const gunzip = createGunzip() as unknown as Partial<Below> & { close(): void };
  try {
    return typeof gunzip._handle?.writeSync === 'function' && gunzip._writeState instanceof Uint32Array;
  } finally {
    gunzip.close();
  }
}

/** Inflates gzip (any number of members, then whatever) or zstd (any number of frames) piece by piece, on the calling thread. */
export class Inflater {
  readonly #below: Below;
  readonly #output = Buffer.allocUnsafeSlow(outputBytes);
  readonly #finish: number;
  readonly #more: number;
  readonly #isGzip: boolean;
  #failure: (Error & { code: string }) | undefined;
  #ended = false;

  constructor(compression: 'gzip' | 'zstd') {
    const isGzip = (this.#isGzip = compression === 'gzip');
    this.#below = (isGzip ? createGunzip() : createZstdDecompress({ params: zstdLimits })) as unknown as Below;
    this.#more = isGzip ? constants.Z_NO_FLUSH : constants.ZSTD_e_continue;
    this.#finish = isGzip ? constants.Z_FINISH : constants.ZSTD_e_end;
    this.#below._handle.onerror = (message, _errno, code) => (this.#failure = Object.assign(new Error(message), { code }));
  }

  /** Each piece is valid until the next is asked for. @throws with zlib's own code */
  *write(chunk: Uint8Array): Generator<Buffer> {
    if (chunk.length > 0) yield* this.#pieces(chunk, this.#more);
  }

  /** @throws when the data is cut off */
  *end(): Generator<Buffer> {
    yield* this.#pieces(Buffer.alloc(0), this.#finish);
  }

  *#pieces(chunk: Uint8Array, flush: number): Generator<Buffer> {
    for (let at = 0; !this.#ended;) {
      this.#below._handle.writeSync(flush, chunk, at, chunk.length - at, this.#output, 0, outputBytes);
      if (this.#failure !== undefined) throw this.#failure;
      const [room, left] = this.#below._writeState as unknown as [number, number];
      const taken = chunk.length - left - at;
      at += taken;
      if (room < outputBytes) yield this.#output.subarray(0, outputBytes - room);
      if (room === 0) continue;
      if (left === 0) return;
      // Room and input left over: a frame ended and the next one follows, or the data is at its end and the rest is not part of it.
      this.#ended = this.#isGzip || (taken === 0 && room === outputBytes);
    }
  }

  close(): void {
    this.#below.close();
  }
}
