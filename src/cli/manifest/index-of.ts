import { GantryError } from '../../base/errors.ts';
import type { LocalList } from './local-lists.ts';

const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** The document of a list: OCI's index when all its members are OCI's, Docker's list otherwise. */
export function indexOf({ members }: LocalList): { mediaType: string; bytes: Buffer } {
  const unknown = members.find(({ descriptor: { platform } }) => platform === undefined || platform.os === '' || platform.architecture === '');
  if (unknown !== undefined) throw new GantryError('invalid', `manifest ${unknown.name} must have an OS and Architecture to be pushed to a registry`, { hint: 'Say them with: gantry manifest annotate --os … --arch …' });
  const mediaType = members.every(({ descriptor }) => descriptor.mediaType.startsWith('application/vnd.oci.')) ? ociIndex : dockerList;
  const manifests = members.map(({ descriptor: { mediaType: type, size, digest, platform } }) => ({ mediaType: type, size, digest, platform }));
  return { mediaType, bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }, undefined, 3)) };
}
