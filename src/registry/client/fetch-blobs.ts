import { hasKind } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { openBlob } from './blobs.ts';
import type { Repository } from './manifests.ts';
import type { Session } from './session.ts';

/** Where the bytes of a pull go: the writing half of a content store, which verifies size and digest at commit. */
export interface BlobSink {
  size(digest: Digest): Promise<number | undefined>;
  ingest(key: string, expected?: { digest?: Digest; size?: number }): Promise<BlobIngest>;
}

export interface BlobIngest {
  readonly offset: number;
  write(chunk: Uint8Array): Promise<void>;
  truncate(): Promise<void>;
  commit(): Promise<{ digest: Digest; size: number }>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

export interface FetchBlobsRequest {
  repository: Repository;
  descriptors: Pick<Descriptor, 'digest' | 'size'>[];
  sink: BlobSink;
  /** At most this many at once. */
  concurrency: number;
  onProgress?: (digest: Digest, progress: { state: 'exists' | 'waiting' | 'downloading' | 'complete'; currentBytes: number }) => void;
  signal?: AbortSignal;
}

/** Brings all blobs to the sink, each digest once. The first failure cancels the others; partial files stay, for the next try. */
export async function fetchBlobs(session: Session, request: FetchBlobsRequest): Promise<void> {
  const waiting = [...new Map(request.descriptors.map((item) => [item.digest, item])).values()];
  for (const { digest } of waiting) request.onProgress?.(digest, { state: 'waiting', currentBytes: 0 });
  const failed = new AbortController();
  const signal = request.signal === undefined ? failed.signal : AbortSignal.any([request.signal, failed.signal]);
  let cause: { error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && cause === undefined; item = waiting.shift()) {
      try {
        await fetchBlob(session, { ...request, signal }, item);
      } catch (error) {
        cause ??= { error };
        failed.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, request.concurrency) }, worker));
  if (cause !== undefined) throw cause.error;
}

async function fetchBlob(session: Session, request: FetchBlobsRequest, descriptor: Pick<Descriptor, 'digest' | 'size'>): Promise<void> {
  const { digest, size } = descriptor;
  if (await request.sink.size(digest) === size) {
    request.onProgress?.(digest, { state: 'exists', currentBytes: size });
    return;
  }
  const ingest = await request.sink.ingest(`fetch-${digest.replace(':', '-')}`, { digest, size });
  const isResumed = ingest.offset > 0;
  await receive(session, request, { descriptor, ingest });
  try {
    await ingest.commit();
  } catch (error) {
    if (!isResumed || !hasKind(error, 'invalid')) throw error;
    // The part from the earlier try may be what was wrong: once more, from nothing.
    const fresh = await request.sink.ingest(`fetch-${digest.replace(':', '-')}`, { digest, size });
    await fresh.truncate();
    await receive(session, request, { descriptor, ingest: fresh });
    await fresh.commit();
  }
  request.onProgress?.(digest, { state: 'complete', currentBytes: size });
}

async function receive(session: Session, request: FetchBlobsRequest, { descriptor, ingest }: { descriptor: Pick<Descriptor, 'digest' | 'size'>; ingest: BlobIngest }): Promise<void> {
  try {
    if (ingest.offset > descriptor.size) await ingest.truncate();
    let current = ingest.offset;
    const stream = openBlob(session, { repository: request.repository, descriptor, offset: current, verifyDigest: false, signal: request.signal });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      await ingest.write(chunk);
      current += chunk.length;
      request.onProgress?.(descriptor.digest, { state: 'downloading', currentBytes: current });
    }
  } catch (error) {
    if (hasKind(error, 'invalid')) await ingest.abort();
    else await ingest.close();
    throw error;
  }
}
