import { GantryError } from '../base/errors.ts';
import { readDescriptor, readObject, type Descriptor } from './descriptor.ts';
import { isIndexType, isManifestType, mediaTypes } from './media-types.ts';
import { formatPlatform, platformFit, type Platform } from './platform.ts';

/** https://github.com/opencontainers/image-spec/blob/main/manifest.md, and Docker's schema 2. */
export interface Manifest { mediaType: string; config: Descriptor; layers: Descriptor[]; annotations?: Record<string, string> }

/** https://github.com/opencontainers/image-spec/blob/main/image-index.md, and Docker's manifest list. */
export interface Index { mediaType: string; manifests: Descriptor[] }

export type ManifestOrIndex = { kind: 'manifest'; manifest: Manifest } | { kind: 'index'; index: Index };

/** Manifests are held in memory and parsed at once. */
export const maxManifestBytes = 8 << 20;

/** Told apart by media type, and by their fields where it is missing; a document that is both is refused. @throws invalid */
export function readManifestOrIndex(bytes: Uint8Array, where: string): ManifestOrIndex {
  const value = readObject(bytes, where);
  const mediaType = typeof value['mediaType'] === 'string' ? value['mediaType'] : '';
  // Go writes a list of nothing as null.
  const hasLayers = Array.isArray(value['layers']) || (value['layers'] === null && typeof value['config'] === 'object');
  const hasManifests = Array.isArray(value['manifests']);
  if (hasLayers && hasManifests) throw new GantryError('invalid', `${where} is both a manifest and an index`);
  if (hasManifests && !isManifestType(mediaType)) {
    const manifests = (value['manifests'] as unknown[]).map((item) => readDescriptor(item, where));
    return { kind: 'index', index: { mediaType: mediaType || mediaTypes.ociIndex, manifests } };
  }
  if (value['schemaVersion'] === 1) throw new GantryError('invalid', `${where} has schema version 1, which no registry should serve any more`);
  if (!hasLayers || isIndexType(mediaType)) throw new GantryError('invalid', `${where} is neither a manifest nor an index`);
  const layers = ((value['layers'] ?? []) as unknown[]).map((item) => readDescriptor(item, where));
  const annotations = value['annotations'] as Record<string, string> | undefined;
  return {
    kind: 'manifest',
    manifest: { mediaType: mediaType || mediaTypes.ociManifest, config: readDescriptor(value['config'], where), layers, ...(annotations === undefined ? {} : { annotations }) },
  };
}

/** Neither an attestation nor anything else that says of itself that it belongs to another manifest. */
export function isImage({ annotations }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] === undefined;
}

/** Manifests of an index that are images (not attestations), the best for `wanted` first; those that do not fit are left out. */
export function manifestsFor(index: Index, wanted: Platform): Descriptor[] {
  return index.manifests
    .filter(isImage)
    .map((item) => ({ item, fit: item.platform === undefined ? 1 : platformFit(item.platform, wanted) }))
    .filter(({ fit }) => fit > 0)
    .sort((a, b) => b.fit - a.fit)
    .map(({ item }) => item);
}

/** Of what has the form of an image and is none. */
export function noImage({ config }: Pick<Manifest, 'config'>): GantryError {
  return new GantryError('invalid', `unsupported media type ${config.mediaType}`, { hint: 'It is no image, but something else that registries keep.' });
}

export function noMatchingManifest(wanted: Platform): GantryError {
  return new GantryError('notFound', `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`);
}
