import { hasKind } from '../../../base/errors.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { ContentStore, Ingest } from '../../../store/content/content.ts';
import { Growth, type GrowingFile } from '../../../store/snapshots/growth.ts';

export interface FetchBlob {
  digest: Digest;
  /** Bytes. */
  size: number;
  content: ContentStore;
  /** Its reason decides what stays: of an image that is wrong, or of one that the disk cannot hold, nothing does. */
  signal: AbortSignal;
  /** The blob's bytes from an offset on. */
  open: (offset: number) => AsyncIterable<Buffer>;
  /** Told as soon as the bytes have a place, and again when they start anew. */
  growing: (file: GrowingFile) => void;
  onBytes: (currentBytes: number) => void;
  onVerify: () => void;
}

/**
 * Brings one blob into the store, behind what an earlier try left. What was cut off stays for the next try; what is wrong goes, and when
 * the wrong part may be the earlier one, the whole is asked for once more.
 */
export async function fetchBlob(fetch: FetchBlob): Promise<void> {
  if (await fetch.content.size(fetch.digest) === fetch.size) return foundThere(fetch);
  const isResumed = await attempt(fetch, false);
  if (isResumed) await attempt(fetch, true);
}

/** Another download has brought it after it was looked for, and before this one began. */
function foundThere({ content, digest, growing }: FetchBlob): void {
  const growth = new Growth();
  growth.complete();
  growing({ file: content.path(digest), growth: growth.cells });
}

/** True when the try failed by what an earlier one had left. */
async function attempt(fetch: FetchBlob, fresh: boolean): Promise<boolean> {
  const { content, digest, size } = fetch;
  const ingest = await content.ingest(`fetch ${digest}`, { digest, size, resumable: true });
  const growth = new Growth();
  let isResumed = false;
  try {
    if (fresh || ingest.offset > size) await ingest.truncate();
    isResumed = ingest.offset > 0;
    fetch.growing({ file: ingest.path, movedTo: content.path(digest), growth: growth.cells });
    if (isResumed) growth.grew();
    await receive(fetch, ingest, growth);
    fetch.onVerify();
    // Readers need not wait for the disk: what they make is checked by its own digest.
    growth.complete();
    await ingest.commit();
    return false;
  } catch (error) {
    growth.break();
    await (isWorthless(error) || isWorthless(fetch.signal.reason) ? ingest.abort() : ingest.close());
    if (isResumed && hasKind(error, 'invalid')) return true;
    throw error;
  }
}

function isWorthless(reason: unknown): boolean {
  return hasKind(reason, 'invalid') || hasKind(reason, 'exhausted');
}

/** So much makes a piece, bytes; less waits this long for more. */
const pieceBytes = 1 << 18;
const pieceMs = 5;
/** So much may wait for the disk, bytes. */
const maxWaiting = 1 << 20;

/** A fast network brings small chunks: they are written in larger pieces, and those that come meanwhile with the next one. */
async function receive(fetch: FetchBlob, ingest: Ingest, growth: Growth): Promise<void> {
  let current = ingest.offset;
  fetch.onBytes(current);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    writing ??= write();
    // A failed write is met by whoever waits for it, in the loop or at the end.
    writing.catch(() => undefined);
  };
  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const pieces = waiting;
      [waiting, waitingBytes] = [[], 0];
      await ingest.write(...pieces);
      growth.grew();
      current += pieces.reduce((sum, { length }) => sum + length, 0);
      pieces.forEach(free);
      fetch.onBytes(current);
    }
    writing = undefined;
  };
  try {
    for await (const chunk of fetch.open(current)) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= pieceBytes) begin();
      else timer ??= setTimeout(begin, pieceMs);
      if (waitingBytes >= maxWaiting) await writing;
    }
  } finally {
    begin();
    await writing;
  }
}

/**
 * Gives the memory of a chunk back at once. Left to the collector, what a fast network brings makes it mark the whole heap many times a
 * second, which costs as much as bringing it.
 */
function free({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
