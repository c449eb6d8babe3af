import { newId } from '../../base/ids.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { canonicalName, familiarName, type Reference } from '../../oci/reference.ts';
import { collect } from '../../store/collect/collect.ts';
import type { ImageRecord } from '../../store/records.ts';
import { settle, unpackImage } from './add-image.ts';
import { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';

export interface Blob { digest: Digest; size: number }
export interface LayerDescriptor extends Blob { mediaType: string }

/** An image that is made here, of a new layer on top of others. */
export interface ImageToMake {
  purpose: 'commit' | 'import';
  /** The new layer, not compressed: it is kept so, and its digest is its diffId. */
  tar: AsyncIterable<Uint8Array>;
  /** The image's config as it is stored, given the new layer's diffId. */
  config: (diffId: Digest) => Record<string, unknown>;
  /** Layers below the new one, bottom first. */
  below: readonly LayerDescriptor[];
  parent?: Digest;
  name: Reference | undefined;
  signal: AbortSignal;
}

/** Everything is leased until the record names it; what a failure leaves is collected. */
export async function makeImage(deps: ImageDeps, image: ImageToMake): Promise<ImageRecord> {
  const catalog = new Catalog(deps.metadata);
  const lease = deps.leases.open(image.purpose);
  const brought = new Set<Digest>();
  const chainIds = new Set<Digest>();
  const announce = (digest: Digest): void => {
    brought.add(digest);
    lease.add({ digests: [digest] });
  };
  try {
    const layer = { mediaType: mediaTypes.ociLayer, ...await ingest(deps, image, announce) };
    const config = await put(deps, image.config(layer.digest), announce);
    const manifest = await put(deps, {
      schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { mediaType: mediaTypes.ociConfig, ...config }, layers: [...image.below, layer],
    }, announce);
    const made = await unpackImage(deps, { manifest: manifest.digest, lease, signal: image.signal, layersKnown: (ids) => ids.forEach((id) => chainIds.add(id)) });
    const record: ImageRecord = image.parent === undefined ? made : { ...made, parent: image.parent };
    await settle(deps, lease);
    catalog.durably(() => {
      catalog.images.put(record.id, record);
      if (image.name !== undefined) catalog.point(canonicalName(image.name), record);
    });
    tell(deps, record, image);
    return record;
  } finally {
    lease.release();
    await collect(deps, { digests: brought, chainIds });
  }
}

/** What is committed is created and then tagged; what is imported is tagged before it is told of. */
function tell(deps: ImageDeps, image: ImageRecord, { purpose, name }: ImageToMake): void {
  if (purpose === 'commit') imageEvent(deps, 'create', { image, name: image.id });
  if (name !== undefined) imageEvent(deps, 'tag', { image, name: familiarName(name) });
  if (purpose === 'import') imageEvent(deps, 'import', { image, name: image.id });
}

async function ingest(deps: ImageDeps, { purpose, tar, signal }: ImageToMake, announce: (digest: Digest) => void): Promise<Blob> {
  const ingesting = await deps.content.ingest(`${purpose} ${newId()}`, { announce });
  try {
    for await (const chunk of tar) {
      signal.throwIfAborted();
      await ingesting.write(chunk as Buffer);
    }
    return await ingesting.commit();
  } catch (error) {
    await ingesting.abort();
    throw error;
  }
}

async function put(deps: ImageDeps, document: unknown, announce: (digest: Digest) => void): Promise<Blob> {
  const bytes = Buffer.from(JSON.stringify(document));
  const digest = digestOf(bytes);
  announce(digest);
  return await deps.content.put(bytes, digest);
}
