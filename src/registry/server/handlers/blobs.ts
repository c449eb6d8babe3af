import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '../../../oci/digest.ts';
import { isKnownToClient, isSameForRange } from '../../protocol/conditions.ts';
import { formatContentRange, resolveRange } from '../../protocol/ranges.ts';
import { answer, type Exchange } from '../exchange.ts';
import { Refusal } from '../refusal.ts';

interface Target { name: string; digest: Digest }

/** end-2: GET with ranges, and HEAD. */
export async function serveBlob(exchange: Exchange, { name, digest }: Target): Promise<void> {
  const { storage, upstream, pins } = exchange.context;
  const isHere = await pins.hold([digest], async () => {
    if (!await storage.repositories.hasBlob(name, digest) || await storage.blobs.size(digest) === undefined) return false;
    // A client that asks may be about to name it in a manifest: its link is fresh again.
    if (exchange.request.method === 'HEAD') await storage.repositories.linkBlob(name, digest);
    return true;
  });
  if (!isHere && upstream !== undefined) return upstream.blob(exchange, { name, digest });
  const size = await storage.blobs.size(digest);
  if (!isHere || size === undefined) throw new Refusal('BLOB_UNKNOWN', `blob ${digest} is not in ${name}`);
  await sendBlob(exchange, { digest, size, read: (part) => storage.blobs.read(digest, part) });
}

/** What a client is sent; `end` is inclusive. */
export interface SendableBlob { digest: Digest; size: number; read(range?: { start: number; end: number }): Promise<Readable> }

export async function sendBlob({ request, response }: Exchange, { digest, size, read }: SendableBlob): Promise<void> {
  const etag = `"${digest}"`;
  if (isKnownToClient(request.headers['if-none-match'], etag)) {
    response.writeHead(304, { 'docker-content-digest': digest, etag }).end();
    return;
  }
  // Parts are for GET alone: https://www.rfc-editor.org/rfc/rfc9110#section-14.2
  const wantsPart = request.method === 'GET' && isSameForRange(request.headers['if-range'] as string | undefined, etag);
  const range = resolveRange(wantsPart ? request.headers.range : undefined, size);
  if (range === 'unsatisfiable') throw new Refusal('SIZE_INVALID', 'the range is not in the blob', { status: 416, headers: { 'content-range': `bytes */${size}` } });
  const part = range === 'whole' ? undefined : range;
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': part === undefined ? size : part.end - part.start + 1,
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    etag,
    ...(part === undefined ? {} : { 'content-range': formatContentRange(part, size) }),
  };
  if (request.method === 'HEAD') {
    response.writeHead(200, headers).end();
    return;
  }
  const stream = await read(part);
  response.writeHead(part === undefined ? 200 : 206, headers);
  await pipeline(stream, response);
}

/** end-10: the repository lets go of it; the bytes go at the next collection if nobody else has them. */
export async function deleteBlob(exchange: Exchange, { name, digest }: Target): Promise<void> {
  if (!await exchange.context.storage.repositories.unlinkBlob(name, digest)) throw new Refusal('BLOB_UNKNOWN', `blob ${digest} is not in ${name}`);
  answer(exchange, 202);
}
