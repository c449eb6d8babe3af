import { GantryError, messageOf } from '../../base/errors.ts';
import { shortId } from '../../base/ids.ts';
import { familiarName, parseReference, repositoryOf } from '../../oci/reference.ts';
import { collect } from '../../store/collect/collect.ts';
import type { ImageRecord, ReferenceRecord } from '../../store/records.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import { LayerUsers } from './layer-users.ts';
import { removePlatforms } from './remove-platforms.ts';
import type { ImageVerbs, RemovedItem } from './verbs.ts';

interface Removal { deps: ImageDeps; catalog: Catalog; image: ImageRecord; text: string; force: boolean; prune: boolean; removed: RemovedItem[] }

/** By name: the name goes, and the image with its last one. By id: the image with all its names. */
export function removeVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['remove'] {
  return async (text, { force, prune, platforms = [] }) => {
    const parts = platforms.length === 0 ? undefined : removePlatforms(deps, catalog, { text, platforms, force });
    if (parts !== undefined) {
      await collectGone(deps);
      return parts;
    }
    const name = catalog.nameRecord(text);
    const image = catalog.find(text);
    const removal: Removal = { deps, catalog, image, text, force, prune, removed: [] };
    if (name === undefined) removeById(removal);
    else removeByName(removal, name);
    await collectGone(deps);
    return removal.removed;
  };
}

/** The image is gone already, durably: what cannot be cleared away now goes with the next removal, or at the next start. */
async function collectGone(deps: ImageDeps): Promise<void> {
  try {
    await collect(deps);
  } catch (error) {
    deps.log.warn('what a removed image leaves could not be cleared away', { error: messageOf(error) });
  }
}

function removeByName(removal: Removal, name: ReferenceRecord): void {
  const { catalog, image, force } = removal;
  const names = catalog.namesOf(image.id);
  const gone = withDigests(names, name);
  const isLast = gone.length === names.length;
  if (isLast) {
    const [user] = blockers(removal);
    if (user !== undefined && !force) {
      throw new GantryError('conflict', `conflict: unable to remove repository reference ${JSON.stringify(removal.text)} (must force) - container ${shortId(user.containerId)} is using its referenced image ${shortId(image.id)}`);
    }
    // Containers that run, and images made from it, keep an image under its id.
    if (user?.running === true || hasChild(removal)) return untag(removal, gone);
    return deleteImage(removal, gone, 1);
  }
  untag(removal, gone);
}

/** With the last tag of a repository its digests go too: they were kept for it. */
function withDigests(names: readonly ReferenceRecord[], name: ReferenceRecord): ReferenceRecord[] {
  if (name.name.includes('@')) return [name];
  const repository = repositoryOf(parseReference(name.name));
  const same = names.filter((other) => repositoryOf(parseReference(other.name)) === repository);
  return same.some((other) => other !== name && other.name !== name.name && !other.name.includes('@')) ? [name] : same;
}

function removeById(removal: Removal): void {
  const { catalog, image, force } = removal;
  const [user] = blockers(removal);
  const id = shortId(image.id);
  if (hasChild(removal)) throw new GantryError('conflict', `conflict: unable to delete ${id} (cannot be forced) - image has dependent child images`);
  if (user?.running === true) throw new GantryError('conflict', `conflict: unable to delete ${id} (cannot be forced) - image is being used by running container ${shortId(user.containerId)}`);
  const names = catalog.namesOf(image.id);
  if (!areOfOneTag(names) && !force) throw new GantryError('conflict', `conflict: unable to delete ${id} (must be forced) - image is referenced in multiple repositories`);
  if (user !== undefined && !force) throw new GantryError('conflict', `conflict: unable to delete ${id} (must be forced) - image is being used by stopped container ${shortId(user.containerId)}`);
  deleteImage(removal, names, names.length);
}

/** One tag at the most, and digests of its repository: what one reference stands for. */
function areOfOneTag(names: readonly ReferenceRecord[]): boolean {
  const tags = names.filter(({ name }) => !name.includes('@'));
  return tags.length <= 1 && new Set(names.map(({ name }) => repositoryOf(parseReference(name)))).size <= 1;
}

function hasChild({ catalog, image }: Removal): boolean {
  return catalog.images.all().some((other) => other.parent === image.id);
}

/** Users of the image, running ones first. */
function blockers({ deps, image }: Removal): { containerId: string; running: boolean }[] {
  return deps.imageUsers(image.id).toSorted((a, b) => Number(b.running) - Number(a.running));
}

/** Docker tells of the name that was given, not of the digests that go with it. */
function untag({ deps, catalog, image, removed }: Removal, names: readonly ReferenceRecord[]): void {
  catalog.durably(() => names.forEach((name) => catalog.references.delete(name.name)));
  for (const { name } of names) removed.push({ untagged: familiarName(parseReference(name)) });
  untagEvents(deps, image, 1);
}

/** One for each name that is told; they say which image it was, and not the name. */
export function untagEvents(deps: ImageDeps, image: ImageRecord, count: number): void {
  for (let told = 0; told < count; told++) imageEvent(deps, 'untag', { image, name: image.id });
}

/** Removes the images for other platforms that an image leaves behind, named by nobody and used by no container. Inside its transaction. */
export function forgetLostVariants(deps: ImageDeps, catalog: Catalog, image: ImageRecord): ImageRecord[] {
  const isNamed = catalog.references.all().some((record) => record.target === image.index);
  const lost = isNamed ? [] : catalog.variantsOf(image).filter(({ id }) => catalog.namesOf(id).length === 0 && deps.imageUsers(id).length === 0);
  for (const { id } of lost) catalog.images.delete(id);
  return lost;
}

/**
 * Names and record in one transaction; then, unless the person keeps them, its parents that nobody named or uses. A container that was made
 * of it keeps the layers, and starts as before.
 */
function deleteImage(removal: Removal, names: readonly ReferenceRecord[], told: number): void {
  const { deps, catalog, image, removed } = removal;
  const users = new LayerUsers(catalog.images.all(), deps.usedChainIds());
  const gone = catalog.durably(() => {
    for (const name of names) catalog.references.delete(name.name);
    catalog.images.delete(image.id);
    return [image, ...forgetLostVariants(deps, catalog, image)];
  });
  for (const { name } of names) removed.push({ untagged: familiarName(parseReference(name)) });
  untagEvents(deps, image, told);
  removed.push({ deleted: image.id }, ...gone.flatMap((one) => users.release(one)).map((deleted) => ({ deleted })));
  imageEvent(deps, 'delete', { name: image.id });
  if (!removal.prune) return;
  const parent = image.parent === undefined ? undefined : catalog.images.get(image.parent);
  if (parent === undefined || catalog.namesOf(parent.id).length > 0 || deps.imageUsers(parent.id).length > 0) return;
  if (catalog.images.all().some((other) => other.parent === parent.id)) return;
  deleteImage({ ...removal, image: parent }, [], 0);
}
