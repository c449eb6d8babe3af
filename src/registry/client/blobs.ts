import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { hasKind, isGantryError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { algorithmOf, type Digest } from '../../oci/digest.ts';
import { parseContentRange } from '../protocol/ranges.ts';
import { formatRoute } from '../protocol/routes.ts';
import { repositoryScope } from '../protocol/scope.ts';
import { connectionFailure, lied, refusalOf, single } from './failures.ts';
import type { Repository } from './manifests.ts';
import { discardBody } from './read-body.ts';
import { pause, pauseBefore } from './retry.ts';
import type { RegistryAnswer, Session } from './session.ts';

export interface BlobRequest {
  repository: Repository;
  descriptor: Pick<Descriptor, 'digest' | 'size'>;
  /** Bytes the caller has already: the stream starts behind them, and the caller verifies the digest of the whole. */
  offset?: number;
  /** False when whoever takes the bytes verifies their digest, so that they are hashed once. */
  verifyDigest?: boolean;
  signal?: AbortSignal;
}

/** A broken transfer that has brought this much since the last break starts counting its tries anew, bytes. */
const progressThatCounts = 1 << 20;

/**
 * The bytes of a blob. Breaks are mended with Range requests. The stream fails rather than end when size or digest are wrong,
 * and never gives a byte more than the descriptor says.
 */
export function openBlob(session: Session, request: BlobRequest): Readable {
  return Readable.from(readBlob(session, request), { objectMode: false, highWaterMark: 256 << 10 });
}

/** As openBlob(), for who takes each chunk as it comes. */
export async function* readBlob(session: Session, request: BlobRequest): AsyncGenerator<Buffer> {
  const { descriptor: { digest, size }, repository } = request;
  const isVerified = request.verifyDigest !== false && (request.offset ?? 0) === 0;
  const hash = isVerified ? createHash(algorithmOf(digest)) : undefined;
  let offset = request.offset ?? 0;
  let attempt = 1;
  let countedFrom = offset;
  while (offset < size) {
    try {
      for await (const chunk of readPart(session, request, offset)) {
        offset += chunk.length;
        hash?.update(chunk);
        yield chunk;
      }
    } catch (error) {
      const failure = connectionFailure(error, repository, request.signal);
      if (isGantryError(error) || hasKind(failure, 'cancelled')) throw failure;
      if (offset - countedFrom >= progressThatCounts) attempt = 1;
      countedFrom = offset;
      const wait = pauseBefore(attempt, session.retry);
      if (wait === undefined) throw failure;
      attempt += 1;
      await pause(wait, request.signal).catch((cause: unknown) => { throw connectionFailure(cause, repository, request.signal); });
    }
  }
  if (hash !== undefined) verify(hash, digest, repository);
}

function verify(hash: Hash, digest: Digest, repository: Repository): void {
  const actual = `${algorithmOf(digest)}:${hash.digest('hex')}`;
  if (actual !== digest) throw lied(repository.registry, `blob ${repository.name}@${digest} has digest ${actual}`);
}

/** One answer's share. Ends early only by an error, which the caller mends when it is the network's. */
async function* readPart(session: Session, request: BlobRequest, offset: number): AsyncGenerator<Buffer> {
  const { descriptor: { digest, size }, repository } = request;
  const answer = await session.send({
    registry: repository.registry,
    method: 'GET',
    target: formatRoute({ kind: 'blob', name: repository.name, digest }),
    scopes: [repositoryScope(repository.name, ['pull'])],
    headers: { 'accept-encoding': 'identity', ...(offset > 0 ? { range: `bytes=${offset}-${size - 1}` } : {}) },
    mirrored: true,
    signal: request.signal,
  });
  let toSkip = await bytesToSkip(answer, request, offset);
  let remaining = size - offset;
  const watch = new RateWatch(session.timeouts);
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    watch.saw(chunk.length);
    const fresh = toSkip === 0 ? chunk : chunk.subarray(Math.min(toSkip, chunk.length));
    toSkip -= chunk.length - fresh.length;
    remaining -= fresh.length;
    if (remaining < 0) {
      answer.body.destroy();
      throw lied(repository.registry, `blob ${repository.name}@${digest} is larger than its ${size} bytes`);
    }
    if (fresh.length > 0) yield fresh;
  }
  if (remaining > 0) throw isCutOff(answer) ? cutOff() : lied(repository.registry, `blob ${repository.name}@${digest} is ${remaining} bytes smaller than its ${size} bytes`);
}

/** A server without ranges answers 200 with the whole: what is known is skipped. @throws what the registry says, or its lies */
async function bytesToSkip(answer: RegistryAnswer, { descriptor: { digest, size }, repository }: BlobRequest, offset: number): Promise<number> {
  const what = `blob ${repository.name}@${digest}`;
  const declared = single(answer.headers['content-length']);
  if (answer.status === 200) {
    if (declared !== undefined && Number(declared) !== size) {
      answer.body.destroy();
      throw lied(repository.registry, `${what} is ${declared} bytes long, not ${size}`);
    }
    return offset;
  }
  const range = answer.status === 206 ? parseContentRange(single(answer.headers['content-range']) ?? '') : undefined;
  if (range !== undefined && range.start === offset && (range.total ?? size) === size) return 0;
  if (answer.status !== 206) throw await refusalOf(answer, answer.endpoint.registry, what);
  answer.body.destroy();
  throw lied(repository.registry, `${what} came with the range ${single(answer.headers['content-range']) ?? '(none)'}, not from ${offset}`);
}

/** A body that ends whole but short is a lie; one that only the end of its connection ends (HTTP/1.0) may have been cut by the network. */
function isCutOff({ body, headers }: RegistryAnswer): boolean {
  return !body.complete || (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined);
}

function cutOff(): Error {
  return Object.assign(new Error('the connection was cut'), { code: 'ECONNRESET' });
}

/** Notices a sender that drips: alive by every byte, but never finishing. */
class RateWatch {
  readonly #idleMs: number;
  readonly #slowest: number;
  #since = performance.now();
  #bytes = 0;

  constructor(options: { idleMs: number; slowestBytesPerSecond: number }) {
    this.#idleMs = options.idleMs;
    this.#slowest = options.slowestBytesPerSecond;
  }

  saw(bytes: number): void {
    this.#bytes += bytes;
    const elapsedMs = performance.now() - this.#since;
    if (elapsedMs < this.#idleMs) return;
    // The consumer's own slowness fills the buffers, so a chunk then is large and passes.
    if (this.#bytes * 1000 < this.#slowest * elapsedMs && this.#bytes < 16 << 10) throw Object.assign(new Error('the transfer stalled'), { code: 'ETIMEDOUT' });
    this.#since = performance.now();
    this.#bytes = 0;
  }
}

/** The size of a blob, or undefined where it is not. */
export async function headBlob(session: Session, repository: Repository, digest: Digest, options: { forPush?: boolean; signal?: AbortSignal } = {}): Promise<number | undefined> {
  const answer = await session.send({
    registry: repository.registry,
    method: 'HEAD',
    target: formatRoute({ kind: 'blob', name: repository.name, digest }),
    scopes: [repositoryScope(repository.name, options.forPush ? ['pull', 'push'] : ['pull'])],
    mirrored: options.forPush !== true,
    signal: options.signal,
  });
  discardBody(answer.body);
  if (answer.status === 404 || answer.status === 405) return undefined;
  if (answer.status !== 200) throw await refusalOf(answer, answer.endpoint.registry, `blob ${repository.name}@${digest}`);
  return Number(single(answer.headers['content-length']) ?? 0);
}
