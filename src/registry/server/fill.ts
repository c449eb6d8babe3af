import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { hasKind } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { orAbsent } from './storage/durable-files.ts';
import type { BlobStore, GrowingIngest } from './storage/storage.ts';

export interface FillOptions {
  digest: Digest;
  /** Bytes. */
  size: number;
  blobs: BlobStore;
  ingest: GrowingIngest;
  /** What the ingest does not have yet. */
  source: Readable;
  /** Ends the ingest: verifies, and lets the blob appear. */
  commit: () => Promise<void>;
}

const pieceBytes = 256 << 10;

/**
 * A blob on its way into the store, which any number of clients read meanwhile, each at its own pace. It runs to its end also when they have
 * left. The last byte is held back until the whole is verified, so nobody ends up with a whole blob that is wrong.
 */
export class Fill {
  readonly size: number;
  /** Rejects when the source breaks, or the digest is wrong. */
  readonly ended: Promise<void>;
  readonly #options: FillOptions;
  #available = 0;
  #grown = Promise.withResolvers<void>();
  #failure: { error: unknown } | undefined;

  constructor(options: FillOptions) {
    this.#options = options;
    this.size = options.size;
    this.#grow(Math.min(options.ingest.offset, options.size - 1));
    this.ended = this.#run().catch((error: unknown) => {
      this.#failure = { error };
      this.#wake();
      throw error;
    });
    this.ended.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { ingest, source, size, commit } = this.#options;
    let written = ingest.offset;
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        await ingest.write(chunk);
        written += chunk.length;
        this.#grow(Math.min(written, size - 1));
      }
    } catch (error) {
      // What came before a break waits for the next try; what is too long, or finds the disk full, goes.
      if (hasKind(error, 'unavailable')) await ingest.close();
      else await ingest.abort();
      throw error;
    }
    await commit();
    this.#grow(size);
  }

  #grow(available: number): void {
    this.#available = Math.max(this.#available, available);
    this.#wake();
  }

  #wake(): void {
    const { resolve } = this.#grown;
    this.#grown = Promise.withResolvers<void>();
    resolve();
  }

  /** How far it can be read, once that is beyond `position`. @throws what ended the fill */
  async reached(position: number): Promise<number> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#available > position) return this.#available;
      await this.#grown.promise;
    }
  }

  /** Resolves when the first byte is there. `end` is inclusive. */
  async read(range = { start: 0, end: this.size - 1 }): Promise<Readable> {
    if (this.size === 0) await this.ended;
    else await this.reached(range.start);
    return Readable.from(this.#pieces(range), { objectMode: false });
  }

  async *#pieces({ start, end }: { start: number; end: number }): AsyncGenerator<Buffer> {
    const { ingest, blobs, digest } = this.#options;
    if (start > end) return;
    const file = await orAbsent(open(ingest.path, 'r'));
    if (file === undefined) {
      await this.ended;
      yield* await blobs.read(digest, { start, end }) as AsyncIterable<Buffer>;
      return;
    }
    try {
      for (let position = start; position <= end;) {
        const available = await this.reached(position);
        const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, available - position, end + 1 - position));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) throw new Error(`the file of ${digest} is shorter than what was written`);
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }
}
