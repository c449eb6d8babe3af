import { GantryError } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { canonicalName, familiarName, familiarRepository, parseReference, repositoryOf, withDefaultTag, type Reference } from '../../oci/reference.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import type { Repository } from '../../registry/client/manifests.ts';
import type { ImageRecord } from '../../store/records.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { registryOf } from './pull.ts';
import { registryError } from './pull/pull-error.ts';
import { Slots } from './pull/slots.ts';
import { dockerForm, refusesForm } from './push/docker-manifest.ts';
import { leaseImage, planPush, type PushPlan } from './push/plan-push.ts';
import { pushBlobs } from './push/push-blobs.ts';
import type { RegistryConnection } from './registry-port.ts';
import type { ImageVerbs, Progress, PullOptions } from './verbs.ts';

/** Blobs first, the manifest last: a registry never shows an image that is not whole. */
export function pushVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['push'] {
  const slots = new Slots(() => deps.registry?.maxUploads ?? 1);
  return async (text, options) => {
    const parsed = parseReference(text);
    if (parsed.digest !== undefined) throw new GantryError('invalid', 'cannot push a digest reference');
    const names = options.allTags === true
      ? catalog.ofRepository(parsed).map((record) => parseReference(record.name)).filter((name) => name.tag !== undefined)
      : [withDefaultTag(parsed)];
    // Told with a status, before the first line of the answer.
    if (options.platform !== undefined) for (const name of names) if (catalog.byName(canonicalName(name)) !== undefined) catalog.findFor(familiarName(name), options.platform, deps.host);
    options.progress({ status: `The push refers to repository [${repositoryOf(parsed)}]` });
    if (catalog.ofRepository(parsed).length === 0) throw new GantryError('notFound', `An image does not exist locally with the tag: ${familiarRepository(parsed)}`);
    const absent = names.find((name) => catalog.byName(canonicalName(name)) === undefined);
    if (absent !== undefined) throw new GantryError('notFound', `tag does not exist: ${familiarName(absent)}`);
    const connection = registryOf(deps, parsed, 'push').connect(parsed.domain, options.auth);
    try {
      for (const name of names) {
        const image = catalog.findFor(canonicalName(name), options.platform, deps.host);
        await pushOne({ deps, catalog, slots, connection }, { name, image, options });
      }
    } catch (error) {
      throw registryError(error);
    } finally {
      connection.release();
    }
  };
}

interface Parts { deps: ImageDeps; catalog: Catalog; slots: Slots; connection: RegistryConnection }

async function pushOne({ deps, catalog, slots, connection }: Parts, { name, image, options }: { name: Reference; image: ImageRecord; options: PullOptions }): Promise<void> {
  const { progress, signal } = options;
  const lease = deps.leases.open('push');
  try {
    const target = options.platform === undefined || options.platform === '' ? catalog.targetOf(canonicalName(name), image) : image.manifest;
    leaseImage({ image, target, lease });
    const { blobs, manifests } = await planPush(deps, { image, target, lease });
    const repository = { registry: name.domain, name: name.path };
    await pushBlobs({ deps, slots, connection, repository, blobs, mountFrom: (digest) => holders(catalog, name, digest), progress, signal });
    for (const manifest of manifests.slice(0, -1)) await connection.client.putManifest(repository, { ...manifest, reference: manifest.digest, signal });
    const planned = manifests.at(-1)!;
    const top = await putTop(connection, { repository, reference: name.tag!, manifest: planned, signal });
    // The name of its digest is to lead to it here, too.
    lease.add({ digests: [top.digest] });
    await deps.content.put(top.bytes, top.digest);
    await deps.content.settle([top.digest]);
    const byDigest = `${repositoryOf(name)}@${top.digest}`;
    catalog.durably(() => {
      // Removed while it was sent: a name of nothing would hold its content for ever.
      if (catalog.images.get(image.id) === undefined) return;
      catalog.references.put(byDigest, { name: byDigest, imageId: image.id, target: top.digest, updatedAtMs: Date.now() });
    });
    progress({ status: `${name.tag}: digest: ${top.digest} size: ${top.bytes.length}` });
    if (planned.digest !== target) await tellPart(deps, { target, top, progress });
    progress({ aux: { Tag: name.tag, Digest: top.digest, Size: top.bytes.length } });
    imageEvent(deps, 'push', { image, name: familiarRepository(name), id: familiarName(name) });
  } finally {
    lease.release();
  }
}

interface TopManifest { repository: Repository; reference: string; manifest: PushPlan['manifests'][number]; signal: AbortSignal }

/** What the name stands for in the registry: the manifest as it is here, or in Docker's form where the registry knows no other. */
async function putTop({ client }: RegistryConnection, { repository, reference, manifest, signal }: TopManifest): Promise<PushPlan['manifests'][number]> {
  try {
    await client.putManifest(repository, { ...manifest, reference, signal });
    return manifest;
  } catch (error) {
    const other = refusesForm(error) ? dockerForm(manifest) : undefined;
    if (other === undefined) throw error;
    await client.putManifest(repository, { ...other, reference, signal });
    return other;
  }
}

/** Clients tell their person that the registry has one platform where the name stands for several here. */
async function tellPart(deps: ImageDeps, { target, top, progress }: { target: Digest; top: PushPlan['manifests'][number]; progress: Progress }): Promise<void> {
  const index = { mediaType: mediaTypes.ociIndex, digest: target, size: await deps.content.size(target) };
  progress({ aux: { manifestPushedInsteadOfIndex: true, originalIndex: index, selectedManifest: { mediaType: top.mediaType, digest: top.digest, size: top.bytes.length } } });
}

/** Asking a registry to mount costs a request each: two repositories at most. */
const maxHolders = 2;

/** Other repositories of the same registry that an image with this blob came from, or was pushed to. */
function holders(catalog: Catalog, { domain, path }: Reference, digest: Digest): string[] {
  const found = new Set<string>();
  for (const record of catalog.references.withPrefix(`${domain}/`)) {
    const reference = parseReference(record.name);
    if (reference.domain !== domain || reference.path === path || reference.digest === undefined || found.has(reference.path)) continue;
    if (catalog.images.get(record.imageId)?.layers.some((layer) => layer.digest === digest) === true) found.add(reference.path);
  }
  return [...found].slice(0, maxHolders);
}
