import { algorithmOf, digestOf, isDigest, type Digest } from '../../../oci/digest.ts';
import { isTag } from '../../../oci/reference.ts';
import { isKnownToClient } from '../../protocol/conditions.ts';
import { bareMediaType } from '../../protocol/media-types.ts';
import { formatRoute } from '../../protocol/routes.ts';
import { readManifest, type ReadManifest } from '../manifest-rules.ts';
import { answer, bodyOf, type Exchange } from '../exchange.ts';
import { Refusal } from '../refusal.ts';

interface Target { name: string; reference: string }

/** end-3: GET and HEAD. */
export async function serveManifest(exchange: Exchange, { name, reference }: Target): Promise<void> {
  const { storage, upstream, maxManifestBytes } = exchange.context;
  if (upstream !== undefined) await upstream.manifest(name, reference);
  const digest = isDigest(reference) ? reference : await storage.repositories.tagged(name, reference);
  const record = digest === undefined ? undefined : await storage.repositories.manifest(name, digest);
  if (digest === undefined || record === undefined) throw await unknownManifest(exchange, { name, reference });
  const headers = { 'content-type': record.mediaType, 'docker-content-digest': digest, etag: `"${digest}"` };
  if (isKnownToClient(exchange.request.headers['if-none-match'], `"${digest}"`)) {
    exchange.response.writeHead(304, headers).end();
    return;
  }
  answer(exchange, 200, headers, await storage.blobs.bytes(digest, maxManifestBytes));
}

async function unknownManifest({ context }: Exchange, { name, reference }: Target): Promise<Refusal> {
  const exists = (await context.storage.repositories.manifests(name)).length > 0;
  return exists ? new Refusal('MANIFEST_UNKNOWN', `manifest unknown: ${reference}`) : new Refusal('NAME_UNKNOWN', `repository ${name} not known to registry`);
}

/** end-7a, end-7b: stored byte for byte; everything it needs must be there. */
export async function putManifest(exchange: Exchange, { name, reference }: Target): Promise<void> {
  const { context } = exchange;
  const bytes = await readRequest(exchange, context.maxManifestBytes);
  const manifest = readManifest(bytes, bareMediaType(exchange.request.headers['content-type']));
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : 'sha256');
  if (isDigest(reference) && reference !== digest) throw new Refusal('DIGEST_INVALID', `the manifest has digest ${digest}, not ${reference}`);
  const tags = isDigest(reference) ? exchange.url.searchParams.getAll('tag') : [reference];
  const badTag = tags.find((tag) => !isTag(tag));
  if (badTag !== undefined) throw new Refusal('MANIFEST_INVALID', `${JSON.stringify(badTag)} is not a tag`);
  await storeManifest(exchange.context, { name, digest, bytes, manifest, tags });
  answer(exchange, 201, {
    location: formatRoute({ kind: 'manifest', name, reference: digest }),
    'docker-content-digest': digest,
    ...(manifest.subject === undefined ? {} : { 'oci-subject': manifest.subject }),
    ...(isDigest(reference) && tags.length > 0 ? { 'oci-tag': tags.join(', ') } : {}),
  });
}

/** Holds what the manifest names while checking and storing it, so that no collection takes it away in between. */
export async function storeManifest(context: Exchange['context'], stored: { name: string; digest: Digest; bytes: Buffer; manifest: ReadManifest; tags: string[] }): Promise<void> {
  const { name, digest, bytes, manifest, tags } = stored;
  const { repositories, blobs } = context.storage;
  await context.pins.hold([digest, ...manifest.blobs, ...manifest.foreign], async () => {
    for (const blob of new Set(manifest.blobs)) {
      if (context.upstream === undefined && !(await repositories.hasBlob(name, blob) && await blobs.size(blob) !== undefined)) {
        throw new Refusal('MANIFEST_BLOB_UNKNOWN', `blob ${blob} is not in ${name}`);
      }
    }
    await blobs.put(bytes, digest);
    const referrer = {
      mediaType: manifest.mediaType, digest, size: bytes.length,
      ...(manifest.artifactType === undefined ? {} : { artifactType: manifest.artifactType }),
      ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
    };
    await repositories.putManifest(name, digest, { mediaType: manifest.mediaType, ...(manifest.subject === undefined ? {} : { subject: manifest.subject, referrer }) });
    for (const tag of tags) await repositories.tag(name, tag, digest);
  });
}

async function readRequest(exchange: Exchange, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): Refusal => new Refusal('SIZE_INVALID', `a manifest has at most ${maxBytes} bytes`, { status: 413, headers: { connection: 'close' } });
  if (Number(exchange.request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bodyOf(exchange)) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** end-9: a tag, or a manifest with its tags. */
export async function deleteManifest(exchange: Exchange, { name, reference }: Target): Promise<void> {
  const { repositories } = exchange.context.storage;
  const removed = isDigest(reference) ? await repositories.removeManifest(name, reference) : await repositories.untag(name, reference);
  if (!removed) throw await unknownManifest(exchange, { name, reference });
  answer(exchange, 202);
}
