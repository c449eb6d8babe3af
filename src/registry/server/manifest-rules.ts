import type { Descriptor } from '../../oci/descriptor.ts';
import { readDescriptor, readObject } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { isForeignLayer, isIndexType, isManifestType } from '../../oci/media-types.ts';
import { messageOf } from '../../base/errors.ts';
import { Refusal } from './refusal.ts';

/** What a manifest says, as far as a registry must know it. */
export interface ReadManifest {
  mediaType: string;
  /** Content that must be in the repository. */
  blobs: Digest[];
  /** Layers that may be elsewhere: kept where they are here. */
  foreign: Digest[];
  /** Manifests of an index. They may come later, or never: a sparse index is allowed. */
  manifests: Digest[];
  subject: Digest | undefined;
  artifactType: string | undefined;
  annotations: Record<string, string> | undefined;
}

/** @throws Refusal MANIFEST_INVALID, saying what is wrong */
export function readManifest(bytes: Uint8Array, contentType: string): ReadManifest {
  if (!isManifestType(contentType) && !isIndexType(contentType)) {
    throw new Refusal('MANIFEST_INVALID', `media type ${contentType === '' ? '(none)' : contentType} is not a manifest`);
  }
  try {
    return read(readObject(bytes, 'the manifest'), contentType);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('MANIFEST_INVALID', messageOf(error));
  }
}

function read(value: Record<string, unknown>, contentType: string): ReadManifest {
  if (value['schemaVersion'] !== 2) throw new Refusal('MANIFEST_INVALID', 'schemaVersion is not 2');
  if (value['mediaType'] !== undefined && value['mediaType'] !== contentType) {
    throw new Refusal('MANIFEST_INVALID', `it was sent as ${contentType}, but says it is ${String(value['mediaType'])}`);
  }
  const isIndex = isIndexType(contentType);
  if ((isIndex ? value['layers'] ?? value['config'] : value['manifests']) !== undefined) {
    throw new Refusal('MANIFEST_INVALID', `it was sent as ${contentType}, but has the fields of another type`);
  }
  const config = isIndex ? undefined : readDescriptor(value['config'], 'config');
  const all = isIndex ? [] : readList(value['layers'], 'layers');
  const layers = all.filter((layer) => !isForeignLayer(layer.mediaType));
  const manifests = isIndex ? readList(value['manifests'], 'manifests') : [];
  const artifactType = typeof value['artifactType'] === 'string' && value['artifactType'] !== '' ? value['artifactType'] : undefined;
  return {
    mediaType: contentType,
    blobs: [...(config === undefined ? [] : [config.digest]), ...layers.map((layer) => layer.digest)],
    foreign: all.filter((layer) => !layers.includes(layer)).map((layer) => layer.digest),
    manifests: manifests.map((manifest) => manifest.digest),
    subject: value['subject'] === undefined || value['subject'] === null ? undefined : readDescriptor(value['subject'], 'subject').digest,
    artifactType: artifactType ?? (config?.mediaType || undefined),
    annotations: readAnnotations(value['annotations']),
  };
}

function readList(value: unknown, where: string): Descriptor[] {
  if (!Array.isArray(value)) throw new Refusal('MANIFEST_INVALID', `${where} is not a list`);
  return value.map((item, index) => readDescriptor(item, `${where}[${index}]`));
}

function readAnnotations(value: unknown): Record<string, string> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
