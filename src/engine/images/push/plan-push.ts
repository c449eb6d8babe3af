import { shortId } from '../../../base/ids.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { Digest } from '../../../oci/digest.ts';
import { maxManifestBytes, readManifestOrIndex } from '../../../oci/manifest.ts';
import { isForeignLayer } from '../../../oci/media-types.ts';
import type { Lease } from '../../../store/leases/leases.ts';
import type { ImageRecord } from '../../../store/records.ts';
import type { ImageDeps } from '../deps.ts';

/** Everything that a push sends, in the order in which a registry can take it: blobs, then manifests from the bottom up. */
export interface PushPlan {
  /** `label` is what people see of a layer; undefined for configs, which are not shown. */
  blobs: { descriptor: Pick<Descriptor, 'digest' | 'size'>; label: string | undefined }[];
  /** The last one is what the name will stand for. */
  manifests: { digest: Digest; mediaType: string; bytes: Buffer }[];
}

interface Planning { image: ImageRecord; /** Its manifest, or an index that holds it. */ target: Digest; lease: Lease }

/** In the turn in which an image was found: from then on it may be removed. */
export function leaseImage({ image, target, lease }: Planning): void {
  lease.add({ digests: [image.id, image.manifest, target, ...image.layers.map(({ digest }) => digest)] });
}

/** What `target` is, where all that it names is here; else the one manifest of this image, which the lease holds already. */
export async function planPush(deps: ImageDeps, planning: Planning): Promise<PushPlan> {
  const { image, target } = planning;
  const plan = target === image.manifest ? undefined : await planned(deps, planning, target);
  return plan ?? (await planned(deps, planning, image.manifest))!;
}

/** Undefined when a part is not here. Each part is leased before it is looked for. */
async function planned(deps: ImageDeps, { image, lease }: Planning, top: Digest): Promise<PushPlan | undefined> {
  const labels = new Map(image.layers.map((layer) => [layer.digest, shortId(layer.diffId)]));
  const blobs = new Map<Digest, PushPlan['blobs'][number]>();
  const manifests: PushPlan['manifests'] = [];
  const absent = async (digest: Digest): Promise<boolean> => {
    lease.add({ digests: [digest] });
    return (await deps.content.size(digest)) === undefined;
  };
  const visit = async (digest: Digest): Promise<boolean> => {
    if (await absent(digest)) return false;
    const bytes = await deps.content.bytes(digest, maxManifestBytes);
    const found = readManifestOrIndex(bytes, `manifest ${digest}`);
    if (found.kind === 'index') {
      for (const child of found.index.manifests) if (!(await visit(child.digest))) return false;
      manifests.push({ digest, mediaType: found.index.mediaType, bytes });
      return true;
    }
    const { config, layers, mediaType } = found.manifest;
    for (const layer of layers.toReversed()) {
      // What need not be distributed goes along where it is here, as with Docker: nobody looks for it elsewhere.
      if (isForeignLayer(layer.mediaType) && await absent(layer.digest)) continue;
      blobs.set(layer.digest, { descriptor: layer, label: labels.get(layer.digest) ?? shortId(layer.digest) });
    }
    blobs.set(config.digest, { descriptor: config, label: undefined });
    manifests.push({ digest, mediaType, bytes });
    for (const one of [...layers, config]) if (blobs.has(one.digest) && await absent(one.digest)) return false;
    return true;
  };
  return await visit(top) ? { blobs: [...blobs.values()], manifests } : undefined;
}
