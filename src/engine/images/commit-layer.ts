import type { Readable } from 'node:stream';
import { newId } from '../../base/ids.ts';
import type { ContainerConfig } from '../../oci/container.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { configToWire, readImageConfig } from '../../oci/image-config.ts';
import { maxManifestBytes } from '../../oci/manifest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { canonicalName, familiarName, parseReference, withDefaultTag } from '../../oci/reference.ts';
import { collect } from '../../store/collect/collect.ts';
import type { Lease } from '../../store/leases/leases.ts';
import { readManifest, unpackImage } from './add-image.ts';
import { Catalog } from './catalog.ts';
import { applyChanges } from './changes.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';

/** A layer to come and the image it goes on. */
export interface LayeredImage {
  base: Digest;
  /** "" leaves the new image without a name. */
  repository: string;
  tag: string;
  comment: string;
  author: string;
  /** Dockerfile lines, applied to `config`. */
  changes: readonly string[];
  config: ContainerConfig;
  container: string;
  createdBy: string;
  signal: AbortSignal;
}

/** The layer is kept uncompressed, so its digest is its diffId. Everything is leased until the record names it. */
export async function commitLayer(deps: ImageDeps, tar: Readable, image: LayeredImage): Promise<Digest> {
  const catalog = new Catalog(deps.metadata);
  const name = image.repository === '' ? undefined : withDefaultTag(parseReference(image.tag === '' ? image.repository : `${image.repository}:${image.tag}`));
  const config = applyChanges(image.config, image.changes);
  const lease = deps.leases.open('commit');
  const brought = new Set<Digest>();
  const chainIds = new Set<Digest>();
  try {
    const layer = await ingest(deps, tar, { lease, brought });
    const manifest = await writeDocuments(deps, { image, config, layer, lease, brought });
    const made = await unpackImage(deps, { manifest, lease, signal: image.signal, layersKnown: (ids) => ids.forEach((id) => chainIds.add(id)) });
    const record = { ...made, parent: image.base };
    catalog.durably(() => {
      catalog.images.put(record.id, record);
      if (name !== undefined) catalog.point(canonicalName(name), record);
    });
    imageEvent(deps, 'tag', { image: record, name: name === undefined ? record.id : familiarName(name) });
    return record.id;
  } finally {
    tar.destroy();
    lease.release();
    await collect(deps, { digests: brought, chainIds });
  }
}

async function ingest(deps: ImageDeps, tar: Readable, { lease, brought }: { lease: Lease; brought: Set<Digest> }): Promise<{ digest: Digest; size: number }> {
  const announce = (digest: Digest): void => {
    brought.add(digest);
    lease.add({ digests: [digest] });
  };
  const ingesting = await deps.content.ingest(`commit ${newId()}`, { announce });
  try {
    for await (const chunk of tar) await ingesting.write(chunk as Buffer);
    return await ingesting.commit();
  } catch (error) {
    await ingesting.abort();
    throw error;
  }
}

interface Documents { image: LayeredImage; config: ContainerConfig; layer: { digest: Digest; size: number }; lease: Lease; brought: Set<Digest> }

/** The base's config with the new fields, one more diffId and one more line of history; then a manifest over all layers. */
async function writeDocuments(deps: ImageDeps, { image, config, layer, lease, brought }: Documents): Promise<Digest> {
  const base = new Catalog(deps.metadata).images.get(image.base);
  const stored = readImageConfig(await deps.content.bytes(image.base, maxManifestBytes), `image config ${image.base}`);
  const manifest = await readManifest(deps, base?.manifest ?? image.base);
  const put = async (value: unknown): Promise<{ digest: Digest; size: number }> => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = digestOf(bytes);
    brought.add(digest);
    lease.add({ digests: [digest] });
    return await deps.content.put(bytes, digest);
  };
  const created = new Date().toISOString();
  const { hostname: _host, domainname: _domain, ...kept } = config;
  const configuration = await put({
    ...stored.raw, created, author: image.author || undefined, container: image.container, config: configToWire(kept),
    rootfs: { type: 'layers', diff_ids: [...stored.diffIds, layer.digest] },
    history: [...stored.history, { created, created_by: image.createdBy, ...(image.author !== '' && { author: image.author }), ...(image.comment !== '' && { comment: image.comment }) }],
  });
  const written = await put({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { mediaType: mediaTypes.ociConfig, ...configuration },
    layers: [...manifest.layers, { mediaType: mediaTypes.ociLayer, ...layer }],
  });
  return written.digest;
}
