import type { Readable } from 'node:stream';
import { hasKind, isGantryError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatRoute } from '../protocol/routes.ts';
import { repositoryScope, type Scope } from '../protocol/scope.ts';
import { headBlob } from './blobs.ts';
import { connectionFailure, lied, refusalOf, single } from './failures.ts';
import type { Repository } from './manifests.ts';
import { discardBody } from './read-body.ts';
import { pause, pauseBefore } from './retry.ts';
import type { RegistryAnswer, Session } from './session.ts';

/** Where the bytes of a push come from: the reading half of a content store. */
export interface BlobSource {
  read(digest: Digest, range?: { start: number; end?: number }): Promise<Readable>;
}

export interface PushBlobRequest {
  repository: Repository;
  descriptor: Pick<Descriptor, 'digest' | 'size'>;
  source: BlobSource;
  /** Repositories of the same registry that may hold the blob: it is mounted from the first that does. */
  mountFrom?: string[];
  /** Told which of them it was. */
  onMounted?: (from: string) => void;
  /** Sends the blob in pieces of this size; otherwise it goes in one. */
  chunkBytes?: number;
  /** Bytes of this blob sent so far. */
  onProgress?: (sentBytes: number) => void;
  signal?: AbortSignal;
}

export type PushOutcome = 'exists' | 'mounted' | 'uploaded';

/** Brings one blob to a repository by the cheapest way: it is there, it is mounted, it is sent. A break is resumed. */
export async function pushBlob(session: Session, request: PushBlobRequest): Promise<PushOutcome> {
  const { repository, descriptor } = request;
  if (await headBlob(session, repository, descriptor.digest, { forPush: true, signal: request.signal }) !== undefined) return 'exists';
  const from = request.mountFrom ?? [];
  for (const name of from) {
    const location = await startUpload(session, request, name);
    if (location === 'mounted') {
      request.onMounted?.(name);
      return 'mounted';
    }
    if (name === from.at(-1)) {
      await sendAll(session, request, location);
      return 'uploaded';
    }
    await cancelUpload(session, request, location);
  }
  await sendAll(session, request, await startUpload(session, request) as Upload);
  return 'uploaded';
}

interface Upload {
  location: URL;
  /** The least the registry wants in a chunk that is not the last, bytes. */
  minimumChunkBytes: number;
}

function scopesOf(request: PushBlobRequest, from?: string): Scope[] {
  const own = repositoryScope(request.repository.name, ['pull', 'push']);
  return from === undefined ? [own] : [own, repositoryScope(from, ['pull'])];
}

function what(request: PushBlobRequest): string {
  return `upload of ${request.repository.name}@${request.descriptor.digest}`;
}

async function startUpload(session: Session, request: PushBlobRequest, from?: string): Promise<Upload | 'mounted'> {
  const query = from === undefined ? '' : `?${new URLSearchParams({ mount: request.descriptor.digest, from })}`;
  const answer = await session.send({
    registry: request.repository.registry,
    method: 'POST',
    target: formatRoute({ kind: 'uploads', name: request.repository.name }) + query,
    scopes: scopesOf(request, from),
    signal: request.signal,
  });
  if (answer.status === 201 && from !== undefined) {
    discardBody(answer.body);
    return 'mounted';
  }
  if (answer.status !== 202) throw await refusalOf(answer, request.repository.registry, what(request));
  discardBody(answer.body);
  const minimum = Number(single(answer.headers['oci-chunk-min-length']) ?? 0);
  return { location: locationOf(answer, request), minimumChunkBytes: Number.isSafeInteger(minimum) ? Math.min(minimum, 1 << 30) : 0 };
}

function locationOf(answer: RegistryAnswer, request: PushBlobRequest): URL {
  const text = answer.headers.location;
  const url = text !== undefined && URL.canParse(text, answer.url.href) ? new URL(text, answer.url) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) throw lied(request.repository.registry, `${what(request)} was given no place`);
  return url;
}

/** Gives back what an upload holds. A registry that does not answer soon sweeps it some day. */
async function cancelUpload(session: Session, request: PushBlobRequest, upload: Upload): Promise<void> {
  try {
    const signal = AbortSignal.timeout(farewellMs);
    const answer = await session.send({ registry: request.repository.registry, method: 'DELETE', target: upload.location, scopes: scopesOf(request), retried: false, signal });
    discardBody(answer.body);
  } catch {
    // Nothing hangs on it.
  }
}

const farewellMs = 5000;

async function sendAll(session: Session, request: PushBlobRequest, first: Upload): Promise<void> {
  const place = { upload: first };
  try {
    await sendResumed(session, request, place);
  } catch (error) {
    await cancelUpload(session, request, place.upload);
    throw error;
  }
}

/** `place` is where the upload is by now. */
async function sendResumed(session: Session, request: PushBlobRequest, place: { upload: Upload }): Promise<void> {
  let offset = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendFrom(session, request, place.upload, offset);
    } catch (error) {
      if (hasKind(error, 'cancelled') || !isTransient(error)) throw error;
      const wait = pauseBefore(attempt, session.retry);
      if (wait === undefined) throw error;
      await pause(wait, request.signal).catch((cause: unknown) => { throw connectionFailure(cause, request.repository, request.signal); });
      const state = await resumePoint(session, request, place.upload);
      place.upload = state?.upload ?? await startUpload(session, request) as Upload;
      offset = state?.offset ?? 0;
    }
  }
}

function isTransient(error: unknown): boolean {
  return !isGantryError(error) || hasKind(error, 'unavailable') || error instanceof OutOfStep;
}

/** The registry has other bytes than we think (416): ask where it stands. */
class OutOfStep extends Error {}

/** Where an interrupted upload stands; undefined when it is gone and must start anew. */
async function resumePoint(session: Session, request: PushBlobRequest, upload: Upload): Promise<{ upload: Upload; offset: number } | undefined> {
  const answer = await session.send({ registry: request.repository.registry, method: 'GET', target: upload.location, scopes: scopesOf(request), signal: request.signal });
  discardBody(answer.body);
  const last = /^(?:bytes=)?0-(\d+)$/.exec(single(answer.headers.range) ?? '')?.[1];
  if (answer.status !== 204 && answer.status !== 202) return undefined;
  const location = answer.headers.location === undefined ? upload.location : locationOf(answer, request);
  // `0-0` means nothing or one byte; sending from there would fail for one of them, so it starts anew.
  const offset = last === undefined || last === '0' ? undefined : Number(last) + 1;
  return offset === undefined || offset > request.descriptor.size ? undefined : { upload: { ...upload, location }, offset };
}

async function sendFrom(session: Session, request: PushBlobRequest, upload: Upload, from: number): Promise<void> {
  const { size } = request.descriptor;
  const chunkBytes = request.chunkBytes === undefined ? undefined : Math.max(request.chunkBytes, upload.minimumChunkBytes);
  if (from === 0 && (chunkBytes === undefined || chunkBytes >= size)) return finish(session, request, { location: upload.location, start: 0, end: size });
  let { location } = upload;
  let start = from;
  while (start < size) {
    const end = Math.min(size, start + (chunkBytes ?? size));
    location = await sendChunk(session, request, { location, start, end });
    start = end;
  }
  return finish(session, request, { location, start: size, end: size });
}

interface Piece { location: URL; start: number; end: number }

async function sendChunk(session: Session, request: PushBlobRequest, piece: Piece): Promise<URL> {
  const answer = await sendPiece(session, request, piece, {
    method: 'PATCH', target: piece.location, headers: { 'content-range': `${piece.start}-${piece.end - 1}`, 'content-type': 'application/octet-stream' },
  });
  if (answer.status === 416) {
    discardBody(answer.body);
    throw new OutOfStep(`registry ${request.repository.registry}: ${what(request)} is out of step`);
  }
  if (answer.status !== 202) throw await refusalOf(answer, request.repository.registry, what(request));
  discardBody(answer.body);
  return locationOf(answer, request);
}

async function finish(session: Session, request: PushBlobRequest, piece: Piece): Promise<void> {
  const target = new URL(piece.location);
  target.searchParams.set('digest', request.descriptor.digest);
  const answer = await sendPiece(session, request, piece, { method: 'PUT', target, headers: { 'content-type': 'application/octet-stream' } });
  if (answer.status !== 201) throw await refusalOf(answer, request.repository.registry, what(request));
  discardBody(answer.body);
}

async function sendPiece(session: Session, request: PushBlobRequest, piece: Piece, wire: { method: string; target: URL; headers: Record<string, string> }): Promise<RegistryAnswer> {
  const sizeBytes = piece.end - piece.start;
  const open = async (): Promise<Readable> => {
    const stream = await request.source.read(request.descriptor.digest, { start: piece.start, end: piece.end - 1 });
    let sent = piece.start;
    stream.on('data', (chunk: Buffer) => {
      sent += chunk.length;
      request.onProgress?.(sent);
    });
    stream.pause();
    return stream;
  };
  return session.send({
    registry: request.repository.registry,
    ...wire,
    scopes: scopesOf(request),
    ...(sizeBytes > 0 ? { body: { sizeBytes, open } } : {}),
    retried: false,
    signal: request.signal,
  });
}
