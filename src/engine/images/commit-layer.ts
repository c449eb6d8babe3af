import type { Readable } from 'node:stream';
import { GantryError } from '../../base/errors.ts';
import type { ContainerConfig } from '../../oci/container.ts';
import type { Digest } from '../../oci/digest.ts';
import { configToWire, readImageConfig } from '../../oci/image-config.ts';
import { maxManifestBytes } from '../../oci/manifest.ts';
import { readManifest } from './add-image.ts';
import { Catalog } from './catalog.ts';
import { applyChanges } from './changes.ts';
import type { ImageDeps } from './deps.ts';
import { makeImage } from './make-image.ts';
import { newName } from './new-name.ts';

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

/** The base's config with the new fields, one more diffId and one more line of history, over all its layers and the new one. */
export async function commitLayer(deps: ImageDeps, tar: Readable, image: LayeredImage): Promise<Digest> {
  const lease = deps.leases.open('commit');
  try {
    const name = newName(image.repository, image.tag);
    const { hostname: _host, domainname: _domain, ...config } = applyChanges(image.config, image.changes);
    const base = new Catalog(deps.metadata).images.get(image.base);
    if (base === undefined) throw new GantryError('notFound', `No such image: ${image.base}`);
    // In the same turn as it was found: force may take it from here on.
    lease.add({ digests: [base.id, base.manifest, ...base.layers.map(({ digest }) => digest)] });
    const stored = readImageConfig(await deps.content.bytes(image.base, maxManifestBytes), `image config ${image.base}`);
    const { layers } = await readManifest(deps, base.manifest);
    const created = new Date().toISOString();
    const { id } = await makeImage(deps, {
      purpose: 'commit', tar, below: layers, parent: image.base, name, signal: image.signal,
      config: (diffId) => ({
        ...stored.raw, created, author: image.author || undefined, container: image.container, config: configToWire(config),
        rootfs: { type: 'layers', diff_ids: [...stored.diffIds, diffId] },
        history: [...stored.history, { created, created_by: image.createdBy, ...(image.author !== '' && { author: image.author }), ...(image.comment !== '' && { comment: image.comment }) }],
      }),
    });
    return id;
  } finally {
    tar.destroy();
    lease.release();
  }
}
