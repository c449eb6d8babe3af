import { isDeepStrictEqual } from 'node:util';
import { GantryError } from '../../../base/errors.ts';
import { isDigest, type Digest } from '../../../oci/digest.ts';
import { readImageConfig } from '../../../oci/image-config.ts';
import { maxManifestBytes } from '../../../oci/manifest.ts';
import type { ImageRecord } from '../../../store/records.ts';
import type { ImageDeps } from '../deps.ts';
import { readDockerManifest } from './docker-archive.ts';
import type { ArchiveMembers } from './members.ts';

/** Which image was made from which, of those that travel in one archive: `Parent` in its manifest.json. */
export async function parentsIn(members: ArchiveMembers): Promise<Map<Digest, Digest>> {
  const parents = new Map<Digest, Digest>();
  if (!members.has('manifest.json')) return parents;
  for (const { config, parent } of readDockerManifest(members.bytes('manifest.json'))) {
    if (isDigest(parent)) parents.set((await members.blob(config)).digest, parent);
  }
  return parents;
}

/** As its archive says. @throws invalid where that cannot be: an image begins with the layers and the steps of its parent */
export async function withParent(deps: Pick<ImageDeps, 'content'>, image: ImageRecord, parent: ImageRecord): Promise<ImageRecord> {
  const steps = async ({ id }: ImageRecord): Promise<unknown[]> => readImageConfig(await deps.content.bytes(id, maxManifestBytes), `image config ${id}`).history;
  const [above, below] = [await steps(image), await steps(parent)];
  const isBelow = parent.id !== image.id && below.length <= above.length && isDeepStrictEqual(above.slice(0, below.length), below)
    && parent.layers.every(({ chainId }, index) => image.layers[index]?.chainId === chainId);
  if (!isBelow) throw new GantryError('invalid', `image ${parent.id} is not a valid parent for ${image.id}`);
  return { ...image, parent: parent.id };
}
