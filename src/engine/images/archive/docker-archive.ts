import { GantryError } from '../../../base/errors.ts';
import { digestOf, type Digest } from '../../../oci/digest.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { readImageConfig } from '../../../oci/image-config.ts';
import { sniffCompression } from '../../../base/compression.ts';
import { mediaTypes } from '../../../oci/media-types.ts';
import { canonicalName, parseReference, withDefaultTag } from '../../../oci/reference.ts';
import { platformFit } from '../../../oci/platform.ts';
import type { ContentStore } from '../../../store/content/content.ts';
import type { ArchivedImage, PlatformChoice } from './oci-layout.ts';
import type { ArchiveMembers } from './members.ts';

/** One item of `manifest.json`: https://github.com/moby/docker-image-spec */
interface DockerArchiveItem { config: string; repoTags: string[]; layers: string[]; parent?: unknown }

/** @throws invalid */
export function readDockerManifest(bytes: Buffer): DockerArchiveItem[] {
  let items: unknown;
  try {
    items = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new GantryError('invalid', 'manifest.json is not valid JSON', { cause: error });
  }
  if (!Array.isArray(items)) throw new GantryError('invalid', 'manifest.json is not a list');
  return items.map((item: Record<string, unknown> | null) => {
    const [config, tags, layers] = [item?.['Config'], item?.['RepoTags'] ?? [], item?.['Layers'] ?? []];
    if (typeof config !== 'string' || !isTexts(tags) || !isTexts(layers)) throw new GantryError('invalid', 'manifest.json: an item lacks Config, RepoTags or Layers');
    return { config, repoTags: tags, layers, parent: item?.['Parent'] };
  });
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Images of a docker-archive. They travel without a manifest, so one is made; the same archive always gives the same. */
export async function imagesOfDockerArchive(members: ArchiveMembers, content: ContentStore, choice: PlatformChoice): Promise<ArchivedImage[]> {
  const images: ArchivedImage[] = [];
  for (const item of readDockerManifest(members.bytes('manifest.json'))) {
    const config = members.bytes(item.config);
    const { diffIds, platform } = readImageConfig(config, item.config);
    if (choice.strict && platformFit(platform, choice.wanted) === 0) continue;
    if (diffIds.length !== item.layers.length) throw new GantryError('invalid', `invalid manifest, layers length mismatch: expected ${diffIds.length}, got ${item.layers.length}`);
    const manifest = await makeManifest({ members, content, item, config });
    images.push({ manifest, names: item.repoTags.map(nameOf) });
  }
  return images;
}

/** A digest is no name to give: it would say of an image what only its bytes can. */
function nameOf(tag: string): string {
  const reference = parseReference(tag);
  if (reference.digest !== undefined) throw new GantryError('invalid', `invalid tag ${JSON.stringify(tag)}`);
  return canonicalName(withDefaultTag(reference));
}

async function makeManifest({ members, content, item, config }: { members: ArchiveMembers; content: ContentStore; item: DockerArchiveItem; config: Buffer }): Promise<Digest> {
  const stored = await members.add(config);
  const layers: Descriptor[] = [];
  for (const name of item.layers) {
    const { digest, size } = await members.blob(name);
    layers.push({ mediaType: await layerType(content, digest), digest, size });
  }
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { mediaType: mediaTypes.ociConfig, digest: stored.digest, size: stored.size }, layers,
  }));
  return (await members.add(manifest, digestOf(manifest))).digest;
}

async function layerType(content: ContentStore, digest: Digest): Promise<string> {
  const head: Buffer[] = [];
  for await (const chunk of await content.read(digest, { start: 0, end: 7 })) head.push(chunk as Buffer);
  const compression = sniffCompression(Buffer.concat(head));
  if (compression === 'gzip') return mediaTypes.ociLayerGzip;
  return compression === 'zstd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayer;
}
