import { GantryError } from '../../../base/errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { Digest } from '../../../oci/digest.ts';
import { readImageConfig } from '../../../oci/image-config.ts';
import { isImage, manifestsFor, maxManifestBytes, noImage, noMatchingManifest, readManifestOrIndex, type Index } from '../../../oci/manifest.ts';
import { isConfigType, isIndexType } from '../../../oci/media-types.ts';
import type { Platform } from '../../../oci/platform.ts';
import { canonicalName, isReference, parseReference, withDefaultTag } from '../../../oci/reference.ts';
import { blobName, type ArchiveMembers } from './members.ts';

/** An image of an archive, all its content in the store, not yet unpacked. Names are canonical. */
export interface ArchivedImage {
  manifest: Digest;
  index?: Digest;
  names: string[];
  /** Manifests of the index for other platforms that are whole in the archive. */
  variants?: Digest[];
}

export interface PlatformChoice { wanted: Platform; /** Asked for by name: nothing else will do. */ strict: boolean }

const maxDepth = 4;

/** Images of an OCI layout: https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
export async function imagesOfLayout(members: ArchiveMembers, choice: PlatformChoice): Promise<ArchivedImage[]> {
  const top = readManifestOrIndex(members.bytes('index.json'), 'index.json');
  if (top.kind !== 'index') throw new GantryError('invalid', 'index.json is not an index');
  const images: ArchivedImage[] = [];
  for (const descriptor of withoutArtifacts(members, topLevel(members, top.index, choice))) {
    const found = await chosen(members, descriptor, { ...choice, depth: 0 });
    images.push({ ...found, names: namesOf(descriptor) });
  }
  return images;
}

/** Signatures and the like travel beside the images that they are about. Where there is nothing else, the first of them is refused by name. */
function withoutArtifacts(members: ArchiveMembers, descriptors: readonly Descriptor[]): readonly Descriptor[] {
  const images = descriptors.filter(({ digest }) => {
    if (!members.has(blobName(digest))) return true;
    const found = readManifestOrIndex(members.bytes(blobName(digest)), `manifest ${digest}`);
    return found.kind === 'index' || isConfigType(found.manifest.config.mediaType);
  });
  return images.length === 0 ? descriptors : images;
}

/** Where a descriptor is silent about its image's platform, as Docker's own archives are, the image's configuration says it. */
function withPlatforms(members: ArchiveMembers, index: Index): Index {
  const named = (item: Descriptor): Descriptor => {
    if (item.platform !== undefined || !isImage(item) || !members.has(blobName(item.digest))) return item;
    const found = readManifestOrIndex(members.bytes(blobName(item.digest)), `manifest ${item.digest}`);
    if (found.kind === 'index' || !isConfigType(found.manifest.config.mediaType) || !members.has(blobName(found.manifest.config.digest))) return item;
    const { config } = found.manifest;
    return { ...item, platform: { ...readImageConfig(members.bytes(blobName(config.digest)), `image config ${config.digest}`).platform } };
  };
  return { ...index, manifests: index.manifests.map(named) };
}

/** Named images all count. Several without a name that differ by platform are one image. */
function topLevel(members: ArchiveMembers, index: Index, { wanted, strict }: PlatformChoice): Descriptor[] {
  const unnamed = index.manifests.filter((item) => namesOf(item).length === 0);
  const isOneImage = unnamed.length > 1 && unnamed.length === index.manifests.length && unnamed.some((item) => item.platform !== undefined);
  if (!isOneImage && !strict) return index.manifests;
  if (!isOneImage) return withPlatforms(members, index).manifests.filter((item) => item.platform === undefined || manifestsFor({ ...index, manifests: [item] }, wanted).length > 0);
  return [best(index, { wanted, strict })];
}

/** What fits best; where nobody asked for a platform by name, another one's image is better than none. @throws notFound */
function best(index: Index, { wanted, strict }: PlatformChoice): Descriptor {
  const found = manifestsFor(index, wanted)[0] ?? (strict ? undefined : index.manifests.find(isImage));
  if (found === undefined) throw noMatchingManifest(wanted);
  return found;
}

/** Follows indexes down to one manifest, and brings its content into the store. */
async function chosen(members: ArchiveMembers, descriptor: Descriptor, choice: PlatformChoice & { depth: number }): Promise<Omit<ArchivedImage, 'names'>> {
  if (choice.depth > maxDepth) throw new GantryError('invalid', 'indexes are nested too deeply');
  const bytes = members.has(blobName(descriptor.digest)) ? members.bytes(blobName(descriptor.digest)) : undefined;
  if (bytes === undefined) throw new GantryError('invalid', `the archive holds no manifest ${descriptor.digest}`);
  if (bytes.length > maxManifestBytes) throw new GantryError('invalid', `manifest ${descriptor.digest} is too large`);
  await members.blob(blobName(descriptor.digest), descriptor.digest);
  const found = readManifestOrIndex(bytes, `manifest ${descriptor.digest}`);
  if (found.kind === 'manifest') {
    if (isIndexType(descriptor.mediaType)) throw new GantryError('invalid', `${descriptor.digest} is a manifest where an index was announced`);
    if (!isConfigType(found.manifest.config.mediaType)) throw noImage(found.manifest);
    await bringContent(members, [found.manifest.config, ...found.manifest.layers]);
    return { manifest: descriptor.digest };
  }
  // An export of one platform may keep the whole index: what is not in the archive cannot be chosen.
  const here = { ...found.index, manifests: found.index.manifests.filter((item) => members.has(blobName(item.digest))) };
  const main = best(choice.strict ? withPlatforms(members, here) : here, choice);
  const inner = await chosen(members, main, { ...choice, depth: choice.depth + 1 });
  const variants = choice.strict ? [] : await bringOthers(members, here.manifests.filter(({ digest }) => digest !== main.digest));
  return { manifest: inner.manifest, index: descriptor.digest, variants };
}

/** What else an index names and the archive holds whole travels along; attestations too, though they are no images. */
async function bringOthers(members: ArchiveMembers, others: readonly Descriptor[]): Promise<Digest[]> {
  const images: Digest[] = [];
  for (const descriptor of others.filter((item) => members.has(blobName(item.digest)))) {
    const bytes = members.bytes(blobName(descriptor.digest));
    const found = readManifestOrIndex(bytes, `manifest ${descriptor.digest}`);
    if (found.kind === 'index') continue;
    const parts = [found.manifest.config, ...found.manifest.layers];
    if (!parts.every(({ digest }) => members.has(blobName(digest)))) continue;
    await members.blob(blobName(descriptor.digest), descriptor.digest);
    await bringContent(members, parts);
    if (isImage(descriptor)) images.push(descriptor.digest);
  }
  return images;
}

async function bringContent(members: ArchiveMembers, descriptors: readonly Descriptor[]): Promise<void> {
  for (const { digest, size } of descriptors) {
    const found = await members.blob(blobName(digest), digest);
    if (found.size !== size) throw new GantryError('invalid', `${digest} has ${found.size} bytes where the manifest says ${size}`);
  }
}

/** A bare tag ("latest") is no name: it says nothing of the repository. @throws invalid for a digest that is another one's */
function namesOf({ annotations, digest }: Descriptor): string[] {
  const full = annotations?.['io.containerd.image.name'];
  const short = annotations?.['org.opencontainers.image.ref.name'];
  const text = full ?? (short !== undefined && /[:/]/.test(short) ? short : undefined);
  if (text === undefined || !isReference(text)) return [];
  const reference = parseReference(text);
  if (reference.digest !== undefined && reference.digest !== digest) throw new GantryError('invalid', `invalid name ${JSON.stringify(text)} of ${digest}`);
  return [canonicalName(withDefaultTag(reference))];
}
