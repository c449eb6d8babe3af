import type { Readable } from 'node:stream';
import { GantryError } from '../../base/errors.ts';
import { shortId } from '../../base/ids.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform, parsePlatform } from '../../oci/platform.ts';
import { familiarName, parseReference } from '../../oci/reference.ts';
import { decompressed } from '../../host/files-decompress.ts';
import { collect } from '../../store/collect/collect.ts';
import type { ImageRecord } from '../../store/records.ts';
import { describeImage, settle, unpackImage, type OnUnpacking } from './add-image.ts';
import { imagesOfDockerArchive } from './archive/docker-archive.ts';
import { ArchiveMembers } from './archive/members.ts';
import { imagesOfLayout, type ArchivedImage, type PlatformChoice } from './archive/oci-layout.ts';
import { parentsIn, withParent } from './archive/parents.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { checkLoaded } from './signatures/check-loaded.ts';
import type { ImageVerbs, Progress } from './verbs.ts';

export interface LoadOptions {
  platform?: string;
  signal: AbortSignal;
  onUnpacking?: OnUnpacking;
  /** Asked before an image gets its names. @throws when it may not have them */
  check?: (found: LoadedImage) => void;
}
export interface LoadedImage { image: ImageRecord; names: string[] }

/** Tar in, records out: all images of the archive or none. What the archive brought beyond them is removed again. */
export async function loadArchive(deps: ImageDeps, catalog: Catalog, tar: Readable, options: LoadOptions): Promise<LoadedImage[]> {
  const lease = deps.leases.open('load');
  const members = new ArchiveMembers(deps.content, lease);
  const chainIds = new Set<Digest>();
  try {
    const { stream } = await decompressed(tar);
    await members.readAll(stream, options.signal);
    const loaded: LoadedImage[] = [];
    const variants: ImageRecord[] = [];
    for (const { names, variants: others = [], ...found } of await imagesOf(deps, members, choiceOf(deps, options.platform))) {
      const image = await unpackImage(deps, { ...found, lease, ...options.onUnpacking !== undefined && { onUnpacking: options.onUnpacking }, signal: options.signal, layersKnown: (ids) => ids.forEach((id) => chainIds.add(id)) });
      if (image.platform.os !== 'linux') throw new GantryError('invalid', `cannot load ${image.platform.os} image on linux`);
      options.check?.({ image, names });
      loaded.push({ image, names });
      // Unpacked when somebody uses them.
      for (const manifest of others) variants.push(await describeImage(deps, { ...found, manifest, lease }));
    }
    await joinParents(deps, loaded, await parentsIn(members));
    await settle(deps, lease);
    record(catalog, [...loaded, ...variants.map((image) => ({ image, names: [] }))]);
    return loaded;
  } finally {
    tar.destroy();
    lease.release();
    await collect(deps, { digests: members.brought, chainIds });
  }
}

/** Where both are in the archive. */
async function joinParents(deps: ImageDeps, loaded: LoadedImage[], parents: ReadonlyMap<Digest, Digest>): Promise<void> {
  for (const item of loaded) {
    const parent = loaded.find(({ image }) => image.id === parents.get(item.image.id));
    if (parent !== undefined) item.image = await withParent(deps, item.image, parent.image);
  }
}

function choiceOf(deps: ImageDeps, platform: string | undefined): PlatformChoice {
  if (platform === undefined || platform === '') return { wanted: deps.host, strict: false };
  return { wanted: parsePlatform(platform, deps.host), strict: true };
}

async function imagesOf(deps: ImageDeps, members: ArchiveMembers, choice: PlatformChoice): Promise<ArchivedImage[]> {
  const isLayout = members.has('index.json');
  if (!isLayout && !members.has('manifest.json')) {
    throw new GantryError('invalid', 'unrecognized image archive: it holds neither index.json nor manifest.json', { hint: 'A tar of a root filesystem is brought in with `import`.' });
  }
  const images = isLayout ? await imagesOfLayout(members, choice) : await imagesOfDockerArchive(members, deps.content, choice);
  if (images.length === 0 && choice.strict) {
    throw new GantryError('notFound', `the archive holds no image for the specified platform (${formatPlatform(choice.wanted)})`);
  }
  return images;
}

/** One transaction for the whole archive. An image that is known keeps its manifest and blobs: a push then sends what was pulled. */
function record(catalog: Catalog, loaded: readonly LoadedImage[]): void {
  catalog.durably(() => {
    for (const { image, names } of loaded) {
      const known = catalog.images.get(image.id) ?? image;
      const isSame = known.manifest === image.manifest;
      const gained = { ...isSame && known.index === undefined && image.index !== undefined && { index: image.index }, ...image.parent !== undefined && { parent: image.parent } };
      const kept: ImageRecord = { ...known, ...gained };
      catalog.images.put(image.id, kept);
      for (const name of names) catalog.point(name, kept, isSame ? image.index ?? image.manifest : undefined);
    }
  });
}

/** The verb: loads, tells each image as Docker does, and publishes. */
export function loadVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['load'] {
  return async (tar, { quiet, progress, signal, platform }) => {
    const onUnpacking: OnUnpacking = ({ diffId, size }, current) => progress({ status: 'Loading layer', id: shortId(diffId), progress: { current, total: size } });
    const loaded = await loadArchive(deps, catalog, tar, { signal, check: (found) => checkLoaded(deps, catalog, found), ...(!quiet && { onUnpacking }), ...(platform === undefined ? {} : { platform }) });
    for (const item of loaded) tell(deps, item, progress);
  };
}

function tell(deps: ImageDeps, { image, names }: LoadedImage, progress: Progress): void {
  const shown = names.map((name) => familiarName(parseReference(name)));
  if (shown.length === 0) progress({ stream: `Loaded image ID: ${image.id}\n` });
  for (const name of shown) progress({ stream: `Loaded image: ${name}\n` });
  imageEvent(deps, 'load', { image, name: image.id });
}
