import { Readable } from 'node:stream';
import { Slices } from '../../base/slices.ts';
import { isZeros } from '../../host/holes.ts';

/** Smaller chunks are put together to pieces of this size, bytes: a tree of small files is three chunks a file. */
const pieceBytes = 1 << 17;
const smallBytes = 1 << 14;
/** Zeros of this length stay a chunk of their own, so that whoever writes them makes a hole. */
const holeBytes = 1 << 12;

/** An archive as a stream, made in slices of the event loop's time; whatever its end, what it stands on is given back. */
export function streamOf(chunks: AsyncIterable<Buffer>, held: AsyncDisposableStack): Readable {
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      yield* pieces(chunks);
    } finally {
      await held.disposeAsync();
    }
  }
  const stream = Readable.from(whole(), { objectMode: false, highWaterMark: 1 << 18 });
  // A stream that is thrown away before its first byte never enters the generator.
  stream.once('close', () => void held.disposeAsync());
  return stream;
}

async function* pieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const slices = new Slices();
  let piece = Buffer.alloc(0);
  let filled = 0;
  for await (const chunk of chunks) {
    if (slices.isOver) await slices.next();
    const isOwn = chunk.length >= smallBytes || (chunk.length >= holeBytes && isZeros(chunk));
    if (filled > 0 && (isOwn || filled + chunk.length > piece.length)) {
      yield piece.subarray(0, filled);
      filled = 0;
    }
    if (isOwn) {
      yield chunk;
      continue;
    }
    // Who was given the last piece may still hold it.
    if (filled === 0) piece = Buffer.allocUnsafe(pieceBytes);
    filled += chunk.copy(piece, filled);
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
