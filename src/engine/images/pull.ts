import { createReadStream } from 'node:fs';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { canonicalName, familiarName, familiarRepository, parseReference, withDefaultTag, type Reference } from '../../oci/reference.ts';
import { manifestsFor, maxManifestBytes, noMatchingManifest, readManifestOrIndex } from '../../oci/manifest.ts';
import { parsePlatform, type Platform } from '../../oci/platform.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { collect } from '../../store/collect/collect.ts';
import type { Lease } from '../../store/leases/leases.ts';
import { readManifest, unpackImage } from './add-image.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { loadArchive } from './load.ts';
import type { RegistryPort } from './registry-port.ts';
import type { ImageVerbs, PullOptions } from './verbs.ts';

/** The embedded image comes from its archive on disk; everything else from a registry. */
export function pullVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['pull'] {
  return async (text, options) => {
    const parsed = parseReference(text);
    if (options.allTags === true && (parsed.tag !== undefined || parsed.digest !== undefined)) {
      throw new GantryError('invalid', "tag can't be used with --all-tags/-a");
    }
    const reference = withDefaultTag(parsed);
    if (canonicalName(reference) === deps.embeddedImage?.reference) return await pullEmbedded(deps, { catalog, reference, options });
    const registry = registryOf(deps, reference, 'pull');
    const tags = options.allTags === true ? await registry.tags(reference, options) : undefined;
    const all = tags === undefined ? [reference] : tags.map((tag): Reference => ({ domain: reference.domain, path: reference.path, tag }));
    for (const one of all) await pullOne(deps, { catalog, registry, reference: one, options });
  };
}

export function registryOf(deps: ImageDeps, reference: Reference, verb: 'pull' | 'push'): RegistryPort {
  if (deps.registry !== undefined) return deps.registry;
  throw new GantryError('notImplemented', `cannot ${verb} ${familiarName(reference)}: this Gantry has no registry client yet`, {
    hint: deps.embeddedImage === undefined ? 'Bring the image in with `load`.' : `Bring the image in with \`load\`, or use ${familiarName(parseReference(deps.embeddedImage.reference))}.`,
  });
}

interface Pull { catalog: Catalog; reference: Reference; options: PullOptions }

async function pullEmbedded(deps: ImageDeps, { catalog, reference, options }: Pull): Promise<void> {
  const { path } = deps.embeddedImage as { path: string };
  const before = catalog.byName(canonicalName(reference));
  options.progress({ status: `Pulling from ${reference.path}`, id: reference.tag ?? '' });
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const [first] = await loadArchive(deps, catalog, file, { signal: options.signal, ...(options.platform === undefined ? {} : { platform: options.platform }) })
    .catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new GantryError('notFound', `the embedded image is missing: ${path}`, { cause: error, hint: 'Run `gantry setup`.' });
    });
  if (first === undefined) throw new GantryError('invalid', `${path} holds no image`);
  tellPulled({ deps, reference, options, digest: first.image.manifest, isNew: before?.id !== first.image.id });
  imageEvent(deps, 'pull', { image: first.image, name: familiarName(reference), id: familiarName(reference) });
}

function tellPulled({ reference, options, digest, isNew }: { deps: ImageDeps; reference: Reference; options: PullOptions; digest: string; isNew: boolean }): void {
  options.progress({ status: `Digest: ${digest}` });
  options.progress({ status: `Status: ${isNew ? 'Downloaded newer image' : 'Image is up to date'} for ${familiarName(reference)}` });
}

/** Content into the store under a lease, then layers, then the record with its names. */
async function pullOne(deps: ImageDeps, { catalog, registry, reference, options }: Pull & { registry: RegistryPort }): Promise<void> {
  const lease = deps.leases.open('pull');
  try {
    options.progress({ status: `Pulling from ${reference.path}`, id: reference.tag ?? reference.digest ?? '' });
    const top = await registry.resolve(reference, options);
    const wanted = options.platform === undefined || options.platform === '' ? deps.host : parsePlatform(options.platform, deps.host);
    const found = await fetchImage(deps, { registry, reference, options, lease }, { top, wanted });
    const image = await unpackImage(deps, { ...found, lease, signal: options.signal });
    const before = catalog.byName(canonicalName(reference));
    catalog.durably(() => {
      catalog.images.put(image.id, { ...image, addedAtMs: catalog.images.get(image.id)?.addedAtMs ?? image.addedAtMs });
      catalog.point(canonicalName(reference), image);
      catalog.point(`${reference.domain}/${reference.path}@${top.digest}`, image);
    });
    tellPulled({ deps, reference, options, digest: top.digest, isNew: before?.id !== image.id });
    imageEvent(deps, 'pull', { image, name: familiarRepository(reference), id: familiarName(reference) });
  } finally {
    lease.release();
    // What a failed pull brought goes; whole blobs of a pull that is tried again soon are the price of never leaking.
    await collect(deps);
  }
}

interface Fetch { registry: RegistryPort; reference: Reference; options: PullOptions; lease: Lease }

async function fetchImage(deps: ImageDeps, fetch: Fetch, { top, wanted }: { top: Descriptor; wanted: Platform }): Promise<{ manifest: Descriptor['digest']; index?: Descriptor['digest'] }> {
  await bring(deps, fetch, top);
  const found = readManifestOrIndex(await deps.content.bytes(top.digest, maxManifestBytes), `manifest ${top.digest}`);
  if (found.kind === 'index') {
    const [best] = manifestsFor(found.index, wanted);
    if (best === undefined) throw noMatchingManifest(wanted);
    return { ...(await fetchImage(deps, fetch, { top: best, wanted })), index: top.digest };
  }
  const { config, layers } = await readManifest(deps, top.digest);
  await Promise.all([config, ...layers].map((descriptor) => bring(deps, fetch, descriptor)));
  return { manifest: top.digest };
}

async function bring(deps: ImageDeps, { registry, reference, options, lease }: Fetch, descriptor: Descriptor): Promise<void> {
  lease.add({ digests: [descriptor.digest] });
  if ((await deps.content.size(descriptor.digest)) === undefined) await registry.fetch(reference, descriptor, { ...options, content: deps.content });
}
