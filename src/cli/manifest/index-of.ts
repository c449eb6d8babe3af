import { GantryError } from '../../base/errors.ts';
import type { Platform } from './fetch.ts';
import type { LocalList } from './local-lists.ts';

const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** The document of a list: OCI's index when its first member is OCI's, Docker's list otherwise, as docker decides. */
export function indexOf({ members }: LocalList): { mediaType: string; bytes: Buffer } {
  const unknown = members.find(({ descriptor: { platform } }) => platform === undefined || platform.os === '' || platform.architecture === '');
  if (unknown !== undefined) throw new GantryError('invalid', `manifest ${unknown.name} must have an OS and Architecture to be pushed to a registry`, { hint: 'Say them with: gantry manifest annotate --os … --arch …' });
  const mediaType = members[0]?.descriptor.mediaType.startsWith('application/vnd.oci.') === true ? ociIndex : dockerList;
  const manifests = members.map(({ descriptor: { mediaType: type, size, digest, platform } }) => ({ mediaType: type, size, digest, platform: ordered(platform!) }));
  return { mediaType, bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }, undefined, 3)) };
}

const platformFields = ['architecture', 'os', 'os.version', 'os.features', 'variant'] as const;

/** Docker's order of fields: with it the same list has the same digest. */
export function ordered(platform: Platform): Platform {
  const known = platformFields.flatMap((field): [string, unknown][] => (platform[field] === undefined ? [] : [[field, platform[field]]]));
  return { ...Object.fromEntries(known), ...platform } as Platform;
}
