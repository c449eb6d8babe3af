import { Readable } from 'node:stream';

/** An archive as a stream; whatever its end, what it stands on is given back. */
export function streamOf(chunks: AsyncGenerator<Buffer>, held: AsyncDisposableStack): Readable {
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      yield* chunks;
    } finally {
      await held.disposeAsync();
    }
  }
  const stream = Readable.from(whole(), { objectMode: false, highWaterMark: 1 << 18 });
  // A stream that is thrown away before its first byte never enters the generator.
  stream.once('close', () => void held.disposeAsync());
  return stream;
}
