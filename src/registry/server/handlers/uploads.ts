import { KeyedLocks } from '../../../base/locks.ts';
import { hasKind, messageOf } from '../../../base/errors.ts';
import { isDigest, type Digest } from '../../../oci/digest.ts';
import type { BlobIngest } from '../../client/fetch-blobs.ts';
import { isRepositoryName } from '../../protocol/names.ts';
import { formatUploadRange, parseChunkRange } from '../../protocol/ranges.ts';
import { formatRoute } from '../../protocol/routes.ts';
import { answer, bodyOf, type Exchange } from '../exchange.ts';
import { diskFull, Refusal } from '../refusal.ts';
import type { RegistryStorage, RepositoryStore } from '../storage/storage.ts';

interface Target { name: string; id: string }

/** Requests on one upload run one after the other. */
const uploadLocks = new KeyedLocks();
/** Uploads that a request is at: sending a large layer may take longer than what is stale. */
const underWay = new Set<string>();

function ingestKey(id: string): string {
  return `upload-${id}`;
}

/** end-4a, end-4b, end-4c, end-11. `mayMount` says whether the account may read the other repository. */
export async function startUpload(exchange: Exchange, name: string, mayMount: (from: string) => boolean): Promise<void> {
  const query = exchange.url.searchParams;
  const mount = query.get('mount');
  if (mount !== null && await mountBlob(exchange, { name, mount, from: query.get('from'), mayMount })) return;
  const algorithm = query.get('digest-algorithm');
  if (algorithm !== null && algorithm !== 'sha256' && algorithm !== 'sha512') throw new Refusal('DIGEST_INVALID', `digest algorithm ${algorithm} is not supported`);
  const id = await exchange.context.storage.uploads.create(name);
  const digest = query.get('digest');
  if (digest !== null) return finishUpload(exchange, { name, id });
  answer(exchange, 202, { location: formatRoute({ kind: 'upload', name, id }), range: '0-0', 'docker-upload-uuid': id });
}

/** Without `from`, any repository that has it and that the account may read does. */
async function mountBlob(exchange: Exchange, { name, mount, from, mayMount }: { name: string; mount: string; from: string | null; mayMount: (from: string) => boolean }): Promise<boolean> {
  if (!isDigest(mount)) throw new Refusal('DIGEST_INVALID', `${mount} is not a digest`);
  const { storage: { blobs, repositories }, pins } = exchange.context;
  return pins.hold([mount], async () => {
    if (await blobs.size(mount) === undefined) return false;
    const candidates = from === null ? await repositories.names() : [from].filter(isRepositoryName);
    if (await holderOf(repositories, mount, candidates.filter(mayMount)) === undefined) return false;
    await repositories.linkBlob(name, mount);
    answer(exchange, 201, created(name, mount));
    return true;
  });
}

async function holderOf(repositories: RepositoryStore, digest: Digest, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) if (await repositories.hasBlob(name, digest)) return name;
  return undefined;
}

function created(name: string, digest: Digest): Record<string, string> {
  return { location: formatRoute({ kind: 'blob', name, digest }), 'docker-content-digest': digest };
}

/** end-5: one chunk at the end of what is there. A stream without Content-Range is taken as it comes, as docker sends it. */
export function patchUpload(exchange: Exchange, target: Target): Promise<void> {
  return withUpload(exchange, target, {}, async (ingest) => {
    await receiveChunk(exchange, target, ingest);
    await ingest.close();
    answer(exchange, 202, position(target, ingest.offset));
  });
}

function position({ name, id }: Target, received: number): Record<string, string> {
  return { location: formatRoute({ kind: 'upload', name, id }), range: formatUploadRange(received), 'docker-upload-uuid': id };
}

/** end-6: the last chunk, if any, and the digest of the whole. */
export function finishUpload(exchange: Exchange, target: Target): Promise<void> {
  const digest = exchange.url.searchParams.get('digest') ?? '';
  if (!isDigest(digest)) throw new Refusal('DIGEST_INVALID', `${JSON.stringify(digest)} is not a digest`);
  const { storage, pins } = exchange.context;
  return withUpload(exchange, target, { digest }, async (ingest) => {
    await receiveChunk(exchange, target, ingest);
    await pins.hold([digest], async () => {
      try {
        await ingest.commit();
      } catch (error) {
        if (!hasKind(error, 'invalid')) throw error;
        await storage.uploads.remove(target.id);
        throw new Refusal('DIGEST_INVALID', messageOf(error));
      }
      await storage.repositories.linkBlob(target.name, digest);
    });
    await storage.uploads.remove(target.id);
    answer(exchange, 201, created(target.name, digest));
  });
}

/** end-13 */
export function uploadStatus(exchange: Exchange, target: Target): Promise<void> {
  return withUpload(exchange, target, {}, async (ingest) => {
    await ingest.close();
    answer(exchange, 204, position(target, ingest.offset));
  });
}

/** end-14 */
export function cancelUpload(exchange: Exchange, target: Target): Promise<void> {
  return withUpload(exchange, target, {}, async (ingest) => {
    await dropUpload(exchange, target, ingest);
    answer(exchange, 204);
  });
}

async function dropUpload({ context }: Exchange, { id }: Target, ingest: BlobIngest): Promise<void> {
  await ingest.abort();
  await context.storage.uploads.remove(id);
}

/** The repository is part of the key: an id alone opens nobody else's upload. */
async function withUpload(exchange: Exchange, { name, id }: Target, expected: { digest?: Digest }, act: (ingest: BlobIngest) => Promise<void>): Promise<void> {
  const { storage } = exchange.context;
  await uploadLocks.run(id, async () => {
    if (await storage.uploads.find(id) !== name) throw new Refusal('BLOB_UPLOAD_UNKNOWN', `upload ${id} is not known in ${name}`);
    underWay.add(id);
    try {
      await act(await storage.blobs.ingest(ingestKey(id), expected));
    } finally {
      underWay.delete(id);
      // Touched from its beginning to its end.
      await storage.uploads.find(id);
    }
  });
}

/** Removes an upload that nobody has touched since then. False when somebody has after all. */
export async function dropStaleUpload({ blobs, uploads }: RegistryStorage, id: string, olderThanMs: number): Promise<boolean> {
  if (underWay.has(id)) return false;
  return await uploadLocks.run(id, async () => {
    if (!(await uploads.stale(olderThanMs)).includes(id)) return false;
    await (await blobs.ingest(ingestKey(id))).abort();
    await uploads.remove(id);
    return true;
  });
}

/** What arrives before a connection breaks is kept: the client asks where it stands and goes on. */
async function receiveChunk(exchange: Exchange, target: Target, ingest: BlobIngest): Promise<void> {
  const { request } = exchange;
  try {
    checkPosition(exchange, target, ingest.offset);
    const declared = request.headers['content-length'];
    let received = 0;
    for await (const chunk of bodyOf(exchange)) {
      received += chunk.length;
      await ingest.write(chunk);
    }
    if (declared !== undefined && received !== Number(declared)) throw new Refusal('SIZE_INVALID', `${received} bytes came, not ${declared}`);
  } catch (error) {
    // A full disk gets back what the upload held: nobody can go on with it.
    if (diskFull(error) === undefined) await ingest.close();
    else await dropUpload(exchange, target, ingest);
    throw error;
  }
}

function checkPosition({ request }: Exchange, target: Target, offset: number): void {
  const header = request.headers['content-range'];
  if (header === undefined) return;
  const range = parseChunkRange(header);
  if (range === undefined) throw new Refusal('BLOB_UPLOAD_INVALID', `Content-Range ${header} cannot be read`, { headers: position(target, offset) });
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) !== range.end - range.start + 1) {
    throw new Refusal('SIZE_INVALID', `Content-Range ${header} is not ${length} bytes`, { headers: position(target, offset) });
  }
  if (range.start !== offset) {
    throw new Refusal('BLOB_UPLOAD_INVALID', `the upload goes on at ${offset}, not ${range.start}`, { status: 416, headers: position(target, offset) });
  }
}
