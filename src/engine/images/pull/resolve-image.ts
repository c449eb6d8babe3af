import { buffer } from 'node:stream/consumers';
import { GantryError } from '../../../base/errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { Digest } from '../../../oci/digest.ts';
import { isConfigType } from '../../../oci/media-types.ts';
import { manifestsFor, maxManifestBytes, noImage, noMatchingManifest, readManifestOrIndex } from '../../../oci/manifest.ts';
import type { Platform } from '../../../oci/platform.ts';
import type { Reference } from '../../../oci/reference.ts';
import type { RegistryClient } from '../../../registry/client/client.ts';
import type { Lease } from '../../../store/leases/leases.ts';
import type { ImageRecord } from '../../../store/records.ts';
import { describeImage } from '../add-image.ts';
import type { ImageDeps } from '../deps.ts';

export interface Resolution {
  client: RegistryClient;
  reference: Reference;
  wanted: Platform;
  lease: Lease;
  signal: AbortSignal;
}

const maxDepth = 4;

/**
 * What a name stands for. A manifest that is here already is asked for by its digest only: registries count the others.
 * `known` is what the name stood for the last time.
 */
export async function resolveTop(deps: ImageDeps, { client, reference, lease, signal }: Resolution, known: Digest | undefined): Promise<Descriptor> {
  const repository = { registry: reference.domain, name: reference.path };
  const asked = reference.digest ?? reference.tag ?? 'latest';
  if (known !== undefined) {
    const head = await client.headManifest(repository, asked, signal);
    // Leased before it is looked for: what is found may be removed before we hear of it.
    if (head?.digest === known) lease.add({ digests: [known] });
    if (head?.digest === known && (await deps.content.size(known)) === head.size) return head;
  }
  const { descriptor, bytes } = await client.getManifest(repository, asked, signal);
  lease.add({ digests: [descriptor.digest] });
  await deps.content.put(bytes, descriptor.digest);
  return descriptor;
}

/** Follows indexes down to the manifest for the wanted platform; brings it and its config, so that the layers are known. */
export async function describeTop(deps: ImageDeps, resolution: Resolution, top: Descriptor): Promise<ImageRecord> {
  let [descriptor, depth] = [top, 0];
  for (;;) {
    const found = readManifestOrIndex(await deps.content.bytes(descriptor.digest, maxManifestBytes), `manifest ${descriptor.digest}`);
    if (found.kind === 'manifest') {
      const { config } = found.manifest;
      if (!isConfigType(config.mediaType)) throw noImage(found.manifest);
      await bringSmall(deps, resolution, config);
      const index = descriptor.digest === top.digest ? {} : { index: top.digest };
      const image = await describeImage(deps, { manifest: descriptor.digest, ...index, lease: resolution.lease });
      if (image.platform.os !== resolution.wanted.os) throw new GantryError('invalid', `image operating system ${JSON.stringify(image.platform.os)} cannot be used on this platform: operating system is not supported`);
      return image;
    }
    if (++depth > maxDepth) throw new GantryError('invalid', `registry ${resolution.reference.domain}: indexes are nested too deeply`);
    const [best] = manifestsFor(found.index, resolution.wanted);
    if (best === undefined) throw noMatchingManifest(resolution.wanted);
    await bringManifest(deps, resolution, best);
    descriptor = best;
  }
}

async function bringManifest(deps: ImageDeps, { client, reference, lease, signal }: Resolution, { digest, size }: Descriptor): Promise<void> {
  lease.add({ digests: [digest] });
  if ((await deps.content.size(digest)) !== undefined) return;
  const { bytes } = await client.getManifest({ registry: reference.domain, name: reference.path }, digest, signal);
  if (bytes.length !== size) throw new GantryError('invalid', `registry ${reference.domain}: manifest ${digest} has ${bytes.length} bytes where its index says ${size}`);
  await deps.content.put(bytes, digest);
}

/** A config: small, and needed before anything else makes sense. */
async function bringSmall(deps: ImageDeps, { client, reference, lease, signal }: Resolution, descriptor: Descriptor): Promise<void> {
  const { digest, size } = descriptor;
  lease.add({ digests: [digest] });
  if ((await deps.content.size(digest)) !== undefined) return;
  if (size > maxManifestBytes) throw new GantryError('invalid', `registry ${reference.domain}: config ${digest} claims ${size} bytes; at most ${maxManifestBytes} are read`);
  const bytes = await buffer(client.openBlob({ repository: { registry: reference.domain, name: reference.path }, descriptor, signal }));
  await deps.content.put(bytes, digest);
}
