import type { Readable } from 'node:stream';
import { GantryError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { decompressed } from '../../host/files-decompress.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { configToWire } from '../../oci/image-config.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { parsePlatform, formatPlatform, type Platform } from '../../oci/platform.ts';
import { canonicalName, familiarName, parseReference, withDefaultTag, type Reference } from '../../oci/reference.ts';
import { collect } from '../../store/collect/collect.ts';
import type { Lease } from '../../store/leases/leases.ts';
import { unpackImage } from './add-image.ts';
import type { Catalog } from './catalog.ts';
import { applyChanges } from './changes.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import type { ImageVerbs, ImportOptions } from './verbs.ts';

/** The tar is kept uncompressed as the one layer: its digest is then its diffId. */
export function importVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['import'] {
  return async (tar, options) => {
    // Everything that can be refused is, before a byte is read.
    const name = nameOf(options);
    const platform = options.platform === undefined || options.platform === '' ? deps.host : parsePlatform(options.platform, deps.host);
    if (platform.os !== 'linux') throw new GantryError('invalid', `operating system ${platform.os} is not supported: ${formatPlatform(platform)}`);
    const config = applyChanges({}, options.changes);
    const lease = deps.leases.open('import');
    const brought = new Set<Digest>();
    const chainIds = new Set<Digest>();
    try {
      const layer = await ingestTar(deps, tar, { lease, brought, signal: options.signal });
      const manifest = await writeDocuments(deps, { layer, platform, lease, brought, message: options.message, config: configToWire(config) });
      const image = await unpackImage(deps, { manifest, lease, signal: options.signal, layersKnown: (ids) => ids.forEach((id) => chainIds.add(id)) });
      catalog.durably(() => {
        catalog.images.put(image.id, image);
        if (name !== undefined) catalog.point(canonicalName(name), image);
      });
      options.progress({ status: image.id });
      imageEvent(deps, 'import', { image, name: name === undefined ? image.id : familiarName(name) });
      return image.id;
    } finally {
      tar.destroy();
      lease.release();
      await collect(deps, { digests: brought, chainIds });
    }
  };
}

function nameOf({ repository, tag }: ImportOptions): Reference | undefined {
  if (repository === '') return undefined;
  const reference = parseReference(tag === '' ? repository : `${repository}:${tag}`);
  if (reference.digest !== undefined) throw new GantryError('invalid', 'cannot import digest reference');
  return withDefaultTag(reference);
}

async function ingestTar(deps: ImageDeps, tar: Readable, { lease, brought, signal }: { lease: Lease; brought: Set<Digest>; signal: AbortSignal }): Promise<{ digest: Digest; size: number }> {
  const announce = (digest: Digest): void => {
    brought.add(digest);
    lease.add({ digests: [digest] });
  };
  const ingest = await deps.content.ingest(`import ${newId()}`, { announce });
  try {
    const { stream } = await decompressed(tar);
    for await (const chunk of stream) {
      signal.throwIfAborted();
      await ingest.write(chunk as Buffer);
    }
    return await ingest.commit();
  } catch (error) {
    await ingest.abort();
    throw error;
  }
}

interface Documents { layer: { digest: Digest; size: number }; platform: Platform; lease: Lease; brought: Set<Digest>; message: string; config: Record<string, unknown> }

async function writeDocuments(deps: ImageDeps, { layer, platform, lease, brought, message, config }: Documents): Promise<Digest> {
  const created = new Date().toISOString();
  const put = async (value: unknown): Promise<{ digest: Digest; size: number }> => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = digestOf(bytes);
    lease.add({ digests: [digest] });
    brought.add(digest);
    return await deps.content.put(bytes, digest);
  };
  const stored = await put({
    created, architecture: platform.architecture, os: platform.os, ...(platform.variant === undefined ? {} : { variant: platform.variant }), config,
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    history: [{ created, comment: message === '' ? 'Imported from -' : message }],
  });
  const manifest = await put({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { mediaType: mediaTypes.ociConfig, ...stored }, layers: [{ mediaType: mediaTypes.ociLayer, ...layer }],
  });
  return manifest.digest;
}
