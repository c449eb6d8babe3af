import type { Digest } from '../../oci/digest.ts';
import { maxManifestBytes, readManifestOrIndex } from '../../oci/manifest.ts';
import type { ContentStore } from '../content/content.ts';
import { keptForMs, type Leases } from '../leases/leases.ts';
import type { Metadata } from '../metadata/metadata.ts';
import type { ImageRecord, LayerRecord, ReferenceRecord } from '../records.ts';
import type { Snapshotter } from '../snapshots/snapshotter.ts';

export interface CollectorOptions {
  metadata: Metadata;
  content: ContentStore;
  snapshots: Snapshotter;
  leases: Leases;
  /** Layers that containers (or a build cache) stand on. */
  usedChainIds: () => Iterable<Digest>;
  /** Content that somebody else than images refers to: a registry that shares the store. */
  usedDigests?: () => AsyncIterable<Digest>;
}

export interface Collected { blobs: number; layers: number; reclaimedBytes: number }

/**
 * Removes what no image, reference, container or lease reaches. Never stops the world: what is leased while it runs is spared, and
 * whether a thing is still unreachable is asked again in the moment before it goes. `only` looks at these alone: what a failed load left.
 */
export async function collect(options: CollectorOptions, only?: { digests: ReadonlySet<Digest>; chainIds: ReadonlySet<Digest> }): Promise<Collected> {
  using collection = options.leases.beginCollection();
  const kept = await reachable(options);
  const result: Collected = { blobs: 0, layers: 0, reclaimedBytes: 0 };
  const goes = (digest: Digest): boolean => !kept.has(digest) && !collection.touched(digest);
  const removed: Digest[] = [];
  for (const chainId of only === undefined ? await options.snapshots.list() : only.chainIds) {
    if (!goes(chainId) || !options.snapshots.has(chainId)) continue;
    const bytes = await options.snapshots.usage(chainId);
    if (!(await removeLayer(options, chainId, () => goes(chainId)))) continue;
    removed.push(chainId);
    result.layers++;
    result.reclaimedBytes += bytes;
  }
  for (const digest of only === undefined ? await options.content.digests() : only.digests) {
    const bytes = goes(digest) ? await options.content.delete(digest) : undefined;
    if (bytes === undefined) continue;
    result.blobs++;
    result.reclaimedBytes += bytes;
  }
  forgetLayers(options, removed);
  return result;
}

const bootKey = 'last-boot';

/**
 * Once, when a daemon starts and nothing else runs yet: half-written blobs of the last one, and content that it never recorded. What a
 * pull had brought stays a while, for the next try, unless the machine (`bootId`, of this start of it) started anew meanwhile.
 */
export async function recoverStore(options: CollectorOptions, bootId: string): Promise<Collected> {
  const settings = options.metadata.table<{ bootId: string }>('settings');
  // Content that no record names was never settled: after a power cut it may be there by name only.
  if (settings.get(bootKey)?.bootId !== bootId) options.leases.forgetKept();
  settings.put(bootKey, { bootId });
  await options.content.sweepIngests(0, { resumableOlderThanMs: keptForMs });
  const collected = await collect(options);
  forgetLayers(options, orphanedRecords(options));
  return collected;
}

/** Records of layers that no image names: a collection was cut off between a layer and its record. */
function orphanedRecords({ metadata }: CollectorOptions): Digest[] {
  const named = new Set(metadata.table<ImageRecord>('images').all().flatMap(({ layers }) => layers.map(({ chainId }) => chainId)));
  return metadata.table<LayerRecord>('layers').all().map(({ chainId }) => chainId).filter((chainId) => !named.has(chainId));
}

async function removeLayer({ snapshots }: CollectorOptions, chainId: Digest, goes: () => boolean): Promise<boolean> {
  try {
    return await snapshots.remove(chainId, goes);
  } catch {
    // A container mounts it at this moment; its record will keep it from now on.
    return false;
  }
}

/** In one transaction. What somebody has brought again meanwhile stays on record. */
function forgetLayers({ snapshots, metadata }: CollectorOptions, removed: readonly Digest[]): void {
  if (removed.length === 0) return;
  metadata.transaction(() => {
    for (const chainId of removed) if (!snapshots.has(chainId)) metadata.table<LayerRecord>('layers').delete(chainId);
  });
}

async function reachable({ metadata, leases, usedChainIds, usedDigests, content }: CollectorOptions): Promise<Set<Digest>> {
  const kept = new Set<Digest>(usedChainIds());
  const indexes = new Set<Digest>();
  const without = new Set<Digest>();
  for (const image of metadata.table<ImageRecord>('images').all()) {
    kept.add(image.id).add(image.manifest);
    if (image.index !== undefined) indexes.add(image.index);
    image.without?.forEach((digest) => without.add(digest));
    for (const layer of image.layers) kept.add(layer.digest).add(layer.chainId);
  }
  for (const { target, imageId } of metadata.table<ReferenceRecord>('references').all()) {
    // A name may stand for another index than the image came with last.
    if (!kept.has(target)) indexes.add(target);
    kept.add(imageId);
  }
  for (const lease of leases.all()) for (const digest of [...lease.digests, ...lease.chainIds]) kept.add(digest);
  for (const index of indexes) await addMembers(content, { digest: index, without }, kept);
  if (usedDigests !== undefined) for await (const digest of usedDigests()) kept.add(digest);
  return kept;
}

/** An index keeps what is here of its members: their manifests, configs and layers. */
async function addMembers(content: ContentStore, { digest, without }: { digest: Digest; without: ReadonlySet<Digest> }, kept: Set<Digest>): Promise<void> {
  if (without.has(digest)) return;
  kept.add(digest);
  const bytes = await content.bytes(digest, maxManifestBytes).catch(() => undefined);
  if (bytes === undefined) return;
  const found = readable(bytes, digest);
  if (found === undefined) return;
  if (found.kind === 'index') for (const member of found.index.manifests) await addMembers(content, { digest: member.digest, without }, kept);
  else for (const part of [found.manifest.config, ...found.manifest.layers]) kept.add(part.digest);
}

/** Undefined for a document that is damaged: whoever uses it is told, and a collection goes on. */
function readable(bytes: Buffer, digest: Digest): ReturnType<typeof readManifestOrIndex> | undefined {
  try {
    return readManifestOrIndex(bytes, `manifest ${digest}`);
  } catch {
    return undefined;
  }
}
