import { mediaTypes } from '../../oci/media-types.ts';

/** What a client asks manifests as, in the order we like them best. */
export const acceptedManifests: readonly string[] = [mediaTypes.ociIndex, mediaTypes.dockerList, mediaTypes.ociManifest, mediaTypes.dockerManifest];

/** Retired by Docker and never accepted: its digest does not cover its own signature. */
export function isSchema1(mediaType: string): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)$/.test(mediaType);
}

/** `application/json; charset=utf-8` without its parameters, in lower case. */
export function bareMediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]!.trim().toLowerCase();
}
