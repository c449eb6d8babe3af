import { GantryError } from '../../base/errors.ts';
import { shortId } from '../../base/ids.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform, parsePlatform, platformFit } from '../../oci/platform.ts';
import type { ImageRecord } from '../../store/records.ts';
import type { Catalog } from './catalog.ts';
import type { ImageDeps } from './deps.ts';
import { imageEvent } from './image-event.ts';
import type { RemovedItem } from './verbs.ts';

/**
 * Takes the content of single platforms out of a multi-platform image, whose names stay. Undefined, with nothing done, when no platform would
 * be left: the image then goes by the rules of its names. @throws notFound for a platform that is not here, conflict for one in use
 */
export function removePlatforms(deps: ImageDeps, catalog: Catalog, { text, platforms, force }: { text: string; platforms: readonly string[]; force: boolean }): RemovedItem[] | undefined {
  const image = catalog.find(text);
  const present = [image, ...catalog.variantsOf(image)];
  const gone = new Set(platforms.map((platform) => chosen(deps, present, { text, platform })));
  const left = present.filter((one) => !gone.has(one));
  if (left.length === 0) return undefined;
  for (const one of gone) refuseUsed(deps, catalog, { image: one, force });
  catalog.durably(() => forget(deps, catalog, { gone, left }));
  for (const one of gone) imageEvent(deps, 'delete', { name: one.id });
  return [...gone].map(({ id }) => ({ deleted: id }));
}

function chosen(deps: ImageDeps, present: readonly ImageRecord[], { text, platform }: { text: string; platform: string }): ImageRecord {
  const wanted = parsePlatform(platform, deps.host);
  const found = present.filter((one) => platformFit(one.platform, wanted) === 100)[0];
  if (found !== undefined) return found;
  const here = present.map((one) => formatPlatform(one.platform)).join(', ');
  throw new GantryError('notFound', `image with reference ${text} was found but its platform (${here}) does not match the specified platform (${formatPlatform(wanted)})`);
}

function refuseUsed(deps: ImageDeps, catalog: Catalog, { image, force }: { image: ImageRecord; force: boolean }): void {
  const refuse = (remedy: string, why: string): GantryError => new GantryError('conflict', `conflict: unable to delete ${shortId(image.id)} (${remedy}) - ${why}`);
  if (catalog.images.all().some((other) => other.parent === image.id)) throw refuse('cannot be forced', 'image has dependent child images');
  const [user] = deps.imageUsers(image.id).toSorted((a, b) => Number(b.running) - Number(a.running));
  if (user?.running === true) throw refuse('cannot be forced', `image is being used by running container ${shortId(user.containerId)}`);
  if (user !== undefined && !force) throw refuse('must be forced', `image is being used by stopped container ${shortId(user.containerId)}`);
}

/** What stays says what its index no longer keeps, and takes over the names. */
function forget(deps: ImageDeps, catalog: Catalog, { gone, left }: { gone: ReadonlySet<ImageRecord>; left: readonly ImageRecord[] }): void {
  const ids = new Set<Digest>([...gone].map(({ id }) => id));
  const without = [...gone].map(({ manifest }) => manifest);
  for (const { id } of gone) catalog.images.delete(id);
  for (const one of left) catalog.images.put(one.id, { ...one, without: [...new Set([...one.without ?? [], ...without])] });
  const [heir] = left.toSorted((a, b) => platformFit(b.platform, deps.host) - platformFit(a.platform, deps.host));
  for (const record of catalog.references.all()) if (ids.has(record.imageId)) catalog.references.put(record.name, { ...record, imageId: heir!.id });
}
