import { GantryError, isGantryError, messageOf } from '../../base/errors.ts';
import { readImageConfig } from '../../oci/image-config.ts';
import { chainIds } from '../../oci/layer.ts';
import { maxManifestBytes, readManifestOrIndex, type Manifest } from '../../oci/manifest.ts';
import { isForeignLayer, isLayerType } from '../../oci/media-types.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Lease } from '../../store/leases/leases.ts';
import type { ImageLayer, ImageRecord, LayerRecord } from '../../store/records.ts';
import { Growth, type LayerFile } from '../../store/snapshots/growth.ts';
import type { ImageDeps } from './deps.ts';
import { watchUnpacking } from './watch-unpacking.ts';

export interface NewImage {
  manifest: Digest;
  index?: Digest;
  /** Holds the manifest, the config and the layers' blobs, all in the content store. */
  lease: Lease;
  signal: AbortSignal;
  /** Told before any layer is made. */
  layersKnown?: (chainIds: readonly Digest[]) => void;
  /** Told how far each layer is that has to be unpacked. */
  onUnpacking?: OnUnpacking;
}

export type OnUnpacking = (layer: ImageLayer, currentBytes: number) => void;

/** Unpacks the layers of a manifest whose content is all there, and gives the record; nothing is named or recorded yet. */
export async function unpackImage(deps: ImageDeps, image: NewImage): Promise<ImageRecord> {
  const record = await describeImage(deps, image);
  await unpackLayers(deps, record.layers, image);
  return record;
}

/** Overlay's own limit. https://docs.kernel.org/filesystems/overlayfs.html */
const maxLayers = 500;

/** The record of an image whose manifest and config are there; its layers may be on their way. */
export async function describeImage(deps: ImageDeps, image: Omit<NewImage, 'signal'>): Promise<ImageRecord> {
  const manifest = await readManifest(deps, image.manifest);
  if (manifest.layers.length > maxLayers) throw new GantryError('invalid', `invalid image: it has ${manifest.layers.length} layers; at most ${maxLayers} can be mounted over each other`);
  const config = readImageConfig(await deps.content.bytes(manifest.config.digest, maxManifestBytes), `image config ${manifest.config.digest}`);
  if (config.diffIds.length !== manifest.layers.length) {
    throw new GantryError('invalid', `layers from manifest don't match image configuration: the config lists ${config.diffIds.length} layers, the manifest ${manifest.layers.length}`);
  }
  const chain = chainIds(config.diffIds);
  const layers = manifest.layers.map((layer, index): ImageLayer => {
    if (!isLayerType(layer.mediaType)) throw new GantryError('invalid', `unsupported media type ${layer.mediaType}`, { hint: `Layer ${layer.digest} holds no files.` });
    return { digest: layer.digest, mediaType: layer.mediaType, size: layer.size, diffId: config.diffIds[index] as Digest, chainId: chain[index] as Digest };
  });
  image.lease.add({ chainIds: chain });
  image.layersKnown?.(chain);
  return {
    id: manifest.config.digest,
    manifest: image.manifest,
    ...(image.index === undefined ? {} : { index: image.index }),
    layers,
    platform: config.platform,
    created: config.created,
    config: config.config,
    addedAtMs: Date.now(),
  };
}

/** What the registry, or the archive, of an image with a layer from elsewhere lacks. */
export function notDistributed({ digest, mediaType }: Pick<ImageLayer, 'digest' | 'mediaType'>, cause?: unknown): GantryError {
  return new GantryError('invalid', `layer ${digest} is not distributed with the image (${mediaType})`, { cause });
}

export async function readManifest(deps: Pick<ImageDeps, 'content'>, digest: Digest): Promise<Manifest> {
  const found = readManifestOrIndex(await deps.content.bytes(digest, maxManifestBytes), `manifest ${digest}`);
  if (found.kind === 'index') throw new GantryError('invalid', `${digest} is an index where a manifest was expected`);
  return found.manifest;
}

/** Everything that an operation leased is on disk when it resolves: its one wait for the disk, before the record that names it. */
export async function settle({ content, snapshots }: Pick<ImageDeps, 'content' | 'snapshots'>, { held }: Pick<Lease, 'held'>): Promise<void> {
  await Promise.all([content.settle(held.digests), snapshots.settle(held.chainIds)]);
}

/** All whose blobs are in the store. */
export async function unpackLayers(deps: ImageDeps, layers: readonly ImageLayer[], { signal, onUnpacking }: Pick<NewImage, 'signal' | 'onUnpacking'>): Promise<void> {
  await eachLayer(layers, signal, async ({ layer, parent, signal: either }) => {
    const size = await deps.content.size(layer.digest);
    if (size === undefined) throw isForeignLayer(layer.mediaType) ? notDistributed(layer) : new GantryError('invalid', `layer ${layer.digest} is missing`);
    if (size !== layer.size) throw new GantryError('invalid', `layer ${layer.digest} has ${size} bytes where the manifest says ${layer.size}`);
    const growth = new Growth();
    growth.complete();
    const isNew = !deps.snapshots.has(layer.chainId);
    const unpacking = unpackLayer(deps, { layer, parent, signal: either, file: { file: deps.content.path(layer.digest), growth: growth.cells } });
    if (isNew && onUnpacking !== undefined) await watchUnpacking(growth, { sizeBytes: layer.size, tell: (bytes) => onUnpacking(layer, bytes) }, unpacking);
    else await unpacking;
  });
}

interface LayerTask { layer: ImageLayer; parent: Digest | undefined; signal: AbortSignal }
interface PlacedTask extends LayerTask { /** From the bottom. */ index: number }

/** Layers are independent of each other: all at once. The first failure stops the others, and is told when all have ended. */
export async function eachLayer(layers: readonly ImageLayer[], signal: AbortSignal, act: (task: PlacedTask) => Promise<void>): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  await Promise.allSettled(layers.map(async (layer, index) => {
    try {
      await act({ layer, index, parent: layers[index - 1]?.chainId, signal: either });
    } catch (error) {
      if (!failed.signal.aborted) failed.abort(error);
    }
  }));
  signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
}

/** One layer, from a blob that is whole or still comes. @throws what the snapshotter says, naming the layer */
export async function unpackLayer(deps: ImageDeps, { layer, parent, signal, file }: LayerTask & { file: LayerFile }): Promise<void> {
  try {
    const applied = await deps.snapshots.apply(layer.chainId, file, { diffId: layer.diffId, signal });
    deps.metadata.table<LayerRecord>('layers').put(layer.chainId, { chainId: layer.chainId, ...(parent === undefined ? {} : { parent }), ...applied });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new GantryError(isGantryError(error) ? error.kind : 'internal', `failed to register layer ${layer.digest}: ${messageOf(error)}`, {
      cause: error, ...(isGantryError(error) && error.hint !== undefined ? { hint: error.hint } : {}),
    });
  }
}
