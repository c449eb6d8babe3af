import { Readable } from 'node:stream';
import { GantryError, hasKind } from '../../base/errors.ts';
import { tarEnd, tarHeader, tarPadding } from '../../base/tar/encoder.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { readManifestOrIndex, type Manifest } from '../../oci/manifest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { formatPlatform, parsePlatform } from '../../oci/platform.ts';
import { canonicalName, familiarName, familiarRepository, parseReference, type Reference } from '../../oci/reference.ts';
import type { Lease } from '../../store/leases/leases.ts';
import type { ImageRecord } from '../../store/records.ts';
import { readManifest } from './add-image.ts';
import { blobName } from './archive/members.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { leaseImage, planPush, type PushPlan } from './push/plan-push.ts';
import type { ImageVerbs } from './verbs.ts';

interface SavedImage { image: ImageRecord; /** Its manifest, or an index that holds it. */ target: Digest; names: Reference[] }

/**
 * One tar that is an OCI layout and a docker-archive at once; a blob that several images share is written once. The same images in the
 * same order give the same bytes. A lease holds the content until the stream ends.
 */
export function saveVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['save'] {
  return async (texts, { platform, signal }) => {
    const wholeIndexes = platform === undefined || platform === '';
    const saved = chooseImages(catalog, texts, (text) => {
      const image = exported(deps, catalog, { text, platform });
      return { image, target: wholeIndexes ? catalog.targetOf(text, image) : image.manifest };
    });
    const lease = deps.leases.open('save');
    for (const { image, target } of saved) leaseImage({ image, target, lease });
    const plan = await planArchive(deps, saved, lease).catch((error: unknown) => {
      lease.release();
      throw error;
    });
    for (const { image } of saved) imageEvent(deps, 'save', { image, name: image.id });
    const stream = Readable.from(archive(deps, { ...plan, signal }), { objectMode: false, highWaterMark: 1 << 18 });
    return stream.once('close', () => lease.release());
  };
}

/** Docker names here what was asked for, without the tag that nobody gave. @throws notFound; internal, as Docker, where the image is here for other platforms */
function exported(deps: ImageDeps, catalog: Catalog, { text, platform }: { text: string; platform: string | undefined }): ImageRecord {
  let found: ImageRecord | undefined;
  try {
    found = catalog.find(text);
    return catalog.findFor(text, platform, deps.host);
  } catch (cause) {
    if (!hasKind(cause, 'notFound')) throw cause;
    if (found === undefined) throw new GantryError('notFound', `No such image: ${text}`, { cause });
    throw new GantryError('internal', `no suitable export target found for platform ${formatPlatform(parsePlatform(platform ?? '', deps.host))}`, { cause });
  }
}

/** A name saves the image with this name; a repository without a tag saves all its tags; an id saves the image without a name. */
function chooseImages(catalog: Catalog, texts: readonly string[], find: (text: string) => Omit<SavedImage, 'names'>): SavedImage[] {
  if (texts.length === 0) throw new GantryError('invalid', 'no image was named');
  const saved = new Map<string, SavedImage>();
  const add = ({ image, target }: Omit<SavedImage, 'names'>, name: Reference | undefined): void => {
    const key = `${image.id} ${target}`;
    const entry = saved.get(key) ?? { image, target, names: [] };
    if (name?.tag !== undefined && !entry.names.some((other) => canonicalName(other) === canonicalName(name))) entry.names.push(name);
    saved.set(key, entry);
  };
  for (const text of texts) {
    const record = catalog.nameRecord(text);
    if (record !== undefined) {
      add(find(text), parseReference(record.name));
      continue;
    }
    const all = catalog.byId(text) === undefined ? wholeRepository(catalog, text) : [];
    for (const name of all) add(find(canonicalName(name)), name);
    if (all.length === 0) add(find(text), undefined);
  }
  return [...saved.values()];
}

function wholeRepository(catalog: Catalog, text: string): Reference[] {
  let reference: Reference;
  try {
    reference = parseReference(text);
  } catch {
    return [];
  }
  if (reference.tag !== undefined || reference.digest !== undefined) return [];
  return catalog.ofRepository(reference).map((record) => parseReference(record.name)).filter((name) => name.tag !== undefined);
}

interface ArchivePlan {
  blobs: { digest: Digest; size: number }[];
  documents: { name: string; bytes: Buffer }[];
}

async function planArchive(deps: ImageDeps, saved: readonly SavedImage[], lease: Lease): Promise<ArchivePlan> {
  const blobs = new Map<Digest, number>();
  const index: Descriptor[] = [];
  const items: unknown[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  const ids = new Set(saved.map(({ image }) => image.id));
  for (const { image, target, names } of saved) {
    // An index travels when all that it names is here.
    const { blobs: parts, manifests } = await planPush(deps, { image, target, lease });
    const manifest = manifestOf(image, manifests) ?? await readManifest(deps, image.manifest);
    for (const { descriptor: { digest } } of parts) blobs.set(digest, await sizeOf(deps, digest));
    for (const { digest, bytes } of manifests) blobs.set(digest, bytes.length);
    const top = manifests.at(-1)!;
    const platform = top.digest === image.manifest ? { platform: { ...image.platform } } : {};
    const descriptor: Descriptor = { mediaType: top.mediaType, digest: top.digest, size: top.bytes.length, ...platform };
    index.push(...(names.length === 0 ? [descriptor] : names.map((name) => ({ ...descriptor, annotations: nameAnnotations(name) }))));
    items.push({ Config: blobName(image.id), RepoTags: names.length === 0 ? null : names.map(familiarName), Layers: manifest.layers.map((layer) => blobName(layer.digest)), ...parentOf(image, ids) });
    for (const name of names) (repositories[familiarRepository(name)] ??= {})[name.tag as string] = image.layers.at(-1)?.chainId.slice(7) ?? '';
  }
  const json = (name: string, value: unknown): { name: string; bytes: Buffer } => ({ name, bytes: Buffer.from(JSON.stringify(value)) });
  return {
    blobs: [...blobs].map(([digest, size]) => ({ digest, size })).sort((a, b) => (a.digest < b.digest ? -1 : 1)),
    documents: [
      json('index.json', { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: index }),
      json('manifest.json', items),
      json('oci-layout', { imageLayoutVersion: '1.0.0' }),
      ...(Object.keys(repositories).length === 0 ? [] : [json('repositories', repositories)]),
    ],
  };
}

/** Told where it travels along. */
function parentOf({ parent }: ImageRecord, saved: ReadonlySet<Digest>): { Parent?: Digest } {
  return parent !== undefined && saved.has(parent) ? { Parent: parent } : {};
}

/** Of the manifests that travel the image's own: the same image may have come by several, whose layers are compressed otherwise. */
function manifestOf(image: ImageRecord, manifests: PushPlan['manifests']): Manifest | undefined {
  for (const { digest, bytes } of manifests) {
    const found = readManifestOrIndex(bytes, `manifest ${digest}`);
    if (found.kind === 'manifest' && found.manifest.config.digest === image.id) return found.manifest;
  }
  return undefined;
}

function nameAnnotations(name: Reference): Record<string, string> {
  return { 'io.containerd.image.name': canonicalName(name), 'org.opencontainers.image.ref.name': name.tag as string };
}

async function sizeOf(deps: ImageDeps, digest: Digest): Promise<number> {
  const size = await deps.content.size(digest);
  if (size === undefined) throw new GantryError('internal', `content ${digest} is missing from the store`);
  return size;
}

/** The epoch, so that the same images give the same bytes. */
const mtime = { seconds: 0, nanoseconds: 0 };

async function* archive(deps: ImageDeps, { blobs, documents, signal }: ArchivePlan & { signal: AbortSignal }): AsyncGenerator<Uint8Array> {
  for (const name of ['blobs/', 'blobs/sha256/', ...(blobs.some(({ digest }) => digest.startsWith('sha512')) ? ['blobs/sha512/'] : [])]) {
    yield tarHeader({ name, type: 'directory', mtime });
  }
  for (const { digest, size } of blobs) {
    yield tarHeader({ name: blobName(digest), size, mtime });
    for await (const chunk of await deps.content.read(digest)) {
      signal.throwIfAborted();
      yield chunk as Buffer;
    }
    yield tarPadding(size);
  }
  for (const { name, bytes } of documents) yield Buffer.concat([tarHeader({ name, size: bytes.length, mtime }), bytes, tarPadding(bytes.length)]);
  yield tarEnd();
}
