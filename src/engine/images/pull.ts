import { createReadStream } from 'node:fs';
import { GantryError, errnoOf, hasKind, messageOf } from '../../base/errors.ts';
import { isForeignLayer } from '../../oci/media-types.ts';
import { canonicalName, familiarName, familiarRepository, parseReference, withDefaultTag, type Reference } from '../../oci/reference.ts';
import { parsePlatform, platformFit, type Platform } from '../../oci/platform.ts';
import { collect } from '../../store/collect/collect.ts';
import type { ImageRecord } from '../../store/records.ts';
import { eachLayer, notDistributed, settle } from './add-image.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { loadArchive } from './load.ts';
import { bringLayer } from './pull/bring-layer.ts';
import { Downloads } from './pull/downloads.ts';
import { pullError, refusalIn } from './pull/pull-error.ts';
import { layerLines } from './pull/pull-progress.ts';
import { describeTop, resolveTop, type Resolution } from './pull/resolve-image.ts';
import { Slots } from './pull/slots.ts';
import type { RegistryConnection, RegistryPort } from './registry-port.ts';
import { checkSignatures } from './signatures/check-signatures.ts';
import type { ImageVerbs, Progress, PullOptions } from './verbs.ts';

/** The embedded image comes from its archive on disk; everything else from a registry. */
export function pullVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['pull'] {
  const downloads = new Downloads({ content: deps.content, slots: new Slots(() => deps.registry?.maxDownloads ?? 1) });
  return async (text, options) => {
    const parsed = parseReference(text);
    if (familiarRepository(parsed) === 'scratch') throw new GantryError('forbidden', "'scratch' is a reserved name");
    if (options.allTags === true && (parsed.tag !== undefined || parsed.digest !== undefined)) {
      throw new GantryError('invalid', "tag can't be used with --all-tags/-a");
    }
    const reference = named(parsed);
    if (canonicalName(reference) === deps.embeddedImage?.reference) return await pullEmbedded(deps, { catalog, reference, options });
    const wanted = options.platform === undefined || options.platform === '' ? deps.host : parsePlatform(options.platform, deps.host);
    const connection = registryOf(deps, reference, 'pull').connect(reference.domain, options.auth);
    try {
      const all = options.allTags === true ? await allTags(connection, reference, options) : [reference];
      let isNew = false;
      for (const one of all) isNew = await pullOne({ deps, catalog, downloads, connection, wanted, label: labelOf(parsed, one) }, one, options) || isNew;
      tellStatus(options.progress, isNew, options.allTags === true ? familiarRepository(reference) : familiarName(withDefaultTag(parsed)));
      if (options.allTags === true) pullEvent(deps, { image: catalog.byName(familiarRepository(reference)), reference: parsed });
      else warnOfPlatform({ deps, catalog, options }, reference);
    } catch (error) {
      throw pullError(error, reference);
    } finally {
      connection.release();
    }
  };
}

/** What Docker writes before the first line: the tag, or the whole of what was asked for where a digest is in it. */
function labelOf(asked: Reference, { tag }: Reference): string {
  return tag ?? canonicalName(asked);
}

/** A digest says all: a tag beside it is not looked at. */
function named(reference: Reference): Reference {
  const { domain, path, digest } = reference;
  return digest === undefined ? withDefaultTag(reference) : { domain, path, digest };
}

async function allTags({ client }: RegistryConnection, { domain, path }: Reference, { signal }: PullOptions): Promise<Reference[]> {
  const tags = await client.listTags({ registry: domain, name: path }, signal);
  return tags.map((tag) => ({ domain, path, tag }));
}

export function registryOf(deps: ImageDeps, reference: Reference, verb: string): RegistryPort {
  if (deps.registry !== undefined) return deps.registry;
  throw new GantryError('notImplemented', `cannot ${verb} ${familiarName(reference)}: this engine was made without a registry client`);
}

interface Pull { catalog: Catalog; reference: Reference; options: PullOptions }

async function pullEmbedded(deps: ImageDeps, { catalog, reference, options }: Pull): Promise<void> {
  const { path } = deps.embeddedImage as { path: string };
  const before = catalog.byName(canonicalName(reference));
  options.progress({ status: `Pulling from ${reference.path}`, id: reference.tag ?? '', headline: true });
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const [first] = await loadArchive(deps, catalog, file, { signal: options.signal, ...(options.platform === undefined ? {} : { platform: options.platform }) })
    .catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new GantryError('notFound', `the embedded image is missing: ${path}`, { cause: error, hint: 'Run `gantry setup`.' });
    });
  if (first === undefined) throw new GantryError('invalid', `${path} holds no image`);
  options.progress({ status: `Digest: ${first.image.manifest}` });
  tellStatus(options.progress, before?.id !== first.image.id, familiarName(reference));
  pullEvent(deps, { image: first.image, reference });
}

/** One for each request: of all tags it names the repository. */
function pullEvent(deps: ImageDeps, { image, reference }: { image: ImageRecord | undefined; reference: Reference }): void {
  imageEvent(deps, 'pull', { ...image !== undefined && { image }, name: familiarRepository(reference), id: familiarName(reference) });
}

function tellStatus(progress: Progress, isNew: boolean, name: string): void {
  progress({ status: `Status: ${isNew ? 'Downloaded newer image' : 'Image is up to date'} for ${name}` });
}

/** A name that stands for one manifest alone brings it, whatever platform was asked for. */
function warnOfPlatform({ deps, catalog, options }: Pick<PullParts, 'deps' | 'catalog'> & { options: PullOptions }, reference: Reference): void {
  try {
    catalog.findFor(familiarName(reference), options.platform, deps.host);
  } catch (error) {
    if (!hasKind(error, 'notFound')) throw error;
    options.progress({ status: `WARNING: ${messageOf(error)}` });
  }
}

interface PullParts { deps: ImageDeps; catalog: Catalog; downloads: Downloads; connection: RegistryConnection; wanted: Platform; label: string }

/** Content into the store under a lease, layers on the way, then the record with its names. True when the name stands for another image now. */
async function pullOne(parts: PullParts, reference: Reference, options: PullOptions): Promise<boolean> {
  const { deps, catalog, connection, wanted } = parts;
  const { signal } = options;
  const lease = deps.leases.open('pull', { resumeKey: `${canonicalName(reference)} ${options.platform ?? ''}` });
  let outcome: 'done' | 'again' | 'failed' = 'failed';
  try {
    const resolution: Resolution = { client: connection.client, reference, wanted, lease, signal };
    const top = await resolveTop(deps, resolution, catalog.nameRecord(canonicalName(reference))?.target);
    await checkSignatures(deps, { client: connection.client, reference, digest: top.digest, signal });
    options.progress({ status: `Pulling from ${reference.path}`, id: parts.label, headline: true });
    const image = await describeTop(deps, resolution, top);
    lease.add({ digests: image.layers.map((layer) => layer.digest) });
    await bringLayers(parts, { image, reference, options });
    await settle(deps, lease);
    const before = catalog.byName(canonicalName(reference));
    catalog.durably(() => {
      const { addedAtMs = image.addedAtMs, parent } = catalog.images.get(image.id) ?? {};
      // What is known of an image here stays: a registry does not say what it was made from.
      catalog.images.put(image.id, { ...image, addedAtMs, ...parent !== undefined && { parent } });
      catalog.point(canonicalName(reference), image);
      catalog.point(`${reference.domain}/${reference.path}@${top.digest}`, image);
    });
    outcome = 'done';
    options.progress({ status: `Digest: ${top.digest}` });
    if (options.allTags !== true) pullEvent(deps, { image, reference });
    return before?.id !== image.id;
  } catch (error) {
    if (signal.aborted || hasKind(error, 'cancelled') || hasKind(error, 'unavailable')) outcome = 'again';
    throw error;
  } finally {
    // What a broken-off pull brought waits for the next try; what a hostile registry sent, or a full disk holds, goes at once.
    if (outcome === 'again') lease.keep();
    else lease.release();
    if (outcome === 'failed') await collect(deps);
  }
}

/** An image that cannot run here is unpacked when somebody uses it, not before. */
async function bringLayers({ deps, downloads, connection }: PullParts, { image, reference, options }: { image: ImageRecord; reference: Reference; options: PullOptions }): Promise<void> {
  const unpack = platformFit(image.platform, deps.host) > 0;
  // Of an image that is here as a whole Docker shows no layers.
  const isKnown = deps.metadata.table<ImageRecord>('images').get(image.id)?.manifest === image.manifest;
  const progress = isKnown ? exceptKnown(options.progress) : options.progress;
  const repository = { registry: reference.domain, name: reference.path };
  const digests = image.layers.map(({ digest }) => digest);
  await eachLayer(image.layers, options.signal, async ({ layer, index, parent, signal }) => {
    // A blob that is in the image twice has one line.
    const onState = digests.indexOf(layer.digest) === index ? layerLines(layer, progress) : (): void => undefined;
    try {
      await bringLayer({ deps, downloads }, { repository, connection, layer, parent, unpack, signal, onState });
    } catch (error) {
      throw isForeignLayer(layer.mediaType) && refusalIn(error)?.status === 404 ? notDistributed(layer, error) : error;
    }
  });
}

function exceptKnown(progress: Progress): Progress {
  return (line) => {
    if (line.status !== 'Already exists') progress(line);
  };
}
