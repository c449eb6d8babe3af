import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { readImageConfig } from '../../oci/image-config.ts';
import { maxManifestBytes, readManifestOrIndex } from '../../oci/manifest.ts';
import { normalized } from '../../oci/platform.ts';
import type { ImageRecord, LayerRecord } from '../../store/records.ts';
import { readManifest } from './add-image.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import type { ManifestSummary } from './verbs.ts';

/** What an image is made of: one entry for each manifest of its index, here or not; one alone where it has no index. */
export async function describeTarget(deps: ImageDeps, catalog: Catalog, image: ImageRecord): Promise<{ descriptor: Descriptor; manifests: ManifestSummary[] }> {
  const { descriptor, members } = (image.index === undefined ? undefined : await indexOf(deps, image.index)) ?? await manifestOf(deps, image);
  return { descriptor, manifests: await Promise.all(members.map((member) => summary(deps, catalog, member))) };
}

interface Target { descriptor: Descriptor; members: readonly Descriptor[] }

async function indexOf(deps: ImageDeps, digest: Digest): Promise<Target | undefined> {
  const size = await deps.content.size(digest);
  if (size === undefined) return undefined;
  const found = readManifestOrIndex(await deps.content.bytes(digest, maxManifestBytes), `index ${digest}`);
  return found.kind === 'index' ? { descriptor: { mediaType: found.index.mediaType, digest, size }, members: found.index.manifests } : undefined;
}

async function manifestOf(deps: ImageDeps, image: ImageRecord): Promise<Target> {
  const { mediaType } = await readManifest(deps, image.manifest);
  const descriptor = { mediaType, digest: image.manifest, size: (await deps.content.size(image.manifest)) ?? 0 };
  return { descriptor, members: [{ ...descriptor, platform: { ...image.platform } }] };
}

async function summary(deps: ImageDeps, catalog: Catalog, descriptor: Descriptor): Promise<ManifestSummary> {
  const { contentBytes, isWhole, config } = await contentOf(deps, descriptor);
  const record = catalog.images.all().find(({ manifest }) => manifest === descriptor.digest);
  const layers = deps.metadata.table<LayerRecord>('layers');
  const attestationFor = descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' ? descriptor.annotations['vnd.docker.reference.digest'] : undefined;
  const platform = descriptor.platform ?? (config === undefined ? undefined : readImageConfig(config, 'image config').platform);
  return {
    descriptor,
    available: isWhole,
    contentBytes,
    unpackedBytes: record?.layers.reduce((sum, { chainId }) => sum + (deps.snapshots.has(chainId) ? layers.get(chainId)?.unpackedBytes ?? 0 : 0), 0) ?? 0,
    kind: attestationFor !== undefined ? 'attestation' : platform === undefined ? 'unknown' : 'image',
    ...(attestationFor === undefined ? {} : { attestationFor }),
    ...(platform === undefined ? {} : { platform: normalized(platform) }),
    containers: record === undefined ? [] : deps.imageUsers(record.id).map(({ containerId }) => containerId),
  };
}

async function contentOf(deps: ImageDeps, { digest, platform }: Descriptor): Promise<{ contentBytes: number; isWhole: boolean; config?: Buffer }> {
  const size = await deps.content.size(digest);
  if (size === undefined) return { contentBytes: 0, isWhole: false };
  const found = readManifestOrIndex(await deps.content.bytes(digest, maxManifestBytes), `manifest ${digest}`);
  if (found.kind === 'index') return { contentBytes: size, isWhole: false };
  const { config, layers } = found.manifest;
  const sizes = await Promise.all([config, ...layers].map((part) => deps.content.size(part.digest)));
  const wanted = platform === undefined && sizes[0] !== undefined && sizes[0] <= maxManifestBytes;
  return {
    contentBytes: sizes.reduce((sum: number, one) => sum + (one ?? 0), size),
    isWhole: !sizes.includes(undefined),
    ...(wanted ? { config: await deps.content.bytes(config.digest, maxManifestBytes) } : {}),
  };
}
