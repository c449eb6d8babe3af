import { isDigest, type Digest } from '../../oci/digest.ts';
import { isTag } from '../../oci/reference.ts';
import { isRepositoryName, isUploadId } from './names.ts';

/**
 * The paths of the protocol as values: the server parses them, the client formats them.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
export type Route =
  | { kind: 'base' }
  | { kind: 'catalog' }
  | { kind: 'blob'; name: string; digest: Digest }
  | { kind: 'uploads'; name: string }
  | { kind: 'upload'; name: string; id: string }
  | { kind: 'manifest'; name: string; reference: string }
  | { kind: 'tags'; name: string }
  | { kind: 'referrers'; name: string; digest: Digest };

export type RouteFailure =
  | { kind: 'unknownPath' }
  | { kind: 'invalid'; code: 'NAME_INVALID' | 'DIGEST_INVALID' | 'MANIFEST_INVALID' | 'BLOB_UPLOAD_UNKNOWN'; what: string };

const shapes: [pattern: RegExp, make: (name: string, last: string) => Route | RouteFailure][] = [
  [/^(.*)\/blobs\/uploads\/?$/, (name) => ({ kind: 'uploads', name })],
  [/^(.*)\/blobs\/uploads\/([^/]+)$/, (name, id) => isUploadId(id)
    ? { kind: 'upload', name, id } : { kind: 'invalid', code: 'BLOB_UPLOAD_UNKNOWN', what: id }],
  [/^(.*)\/blobs\/([^/]+)$/, (name, digest) => isDigest(digest) ? { kind: 'blob', name, digest } : badDigest(digest)],
  [/^(.*)\/manifests\/([^/]+)$/, manifestRoute],
  [/^(.*)\/tags\/list$/, (name) => ({ kind: 'tags', name })],
  [/^(.*)\/referrers\/([^/]+)$/, (name, digest) => isDigest(digest) ? { kind: 'referrers', name, digest } : badDigest(digest)],
];

/** `path` is the path of the request's URL, still percent-encoded. */
export function parseRoute(path: string): Route | RouteFailure {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  const decoded = decodePath(path);
  if (decoded === undefined || !decoded.startsWith('/v2/')) return { kind: 'unknownPath' };
  for (const [pattern, make] of shapes) {
    const match = pattern.exec(decoded.slice('/v2/'.length));
    if (match === null) continue;
    const name = match[1]!;
    return isRepositoryName(name) ? make(name, match[2] ?? '') : { kind: 'invalid', code: 'NAME_INVALID', what: name };
  }
  return { kind: 'unknownPath' };
}

function manifestRoute(name: string, reference: string): Route | RouteFailure {
  if (isDigest(reference) || isTag(reference)) return { kind: 'manifest', name, reference };
  return reference.includes(':') ? badDigest(reference) : { kind: 'invalid', code: 'MANIFEST_INVALID', what: reference };
}

function badDigest(what: string): RouteFailure {
  return { kind: 'invalid', code: 'DIGEST_INVALID', what };
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

export function formatRoute(route: Route): string {
  switch (route.kind) {
    case 'base': return '/v2/';
    case 'catalog': return '/v2/_catalog';
    case 'blob': return `/v2/${route.name}/blobs/${route.digest}`;
    case 'uploads': return `/v2/${route.name}/blobs/uploads/`;
    case 'upload': return `/v2/${route.name}/blobs/uploads/${route.id}`;
    case 'manifest': return `/v2/${route.name}/manifests/${route.reference}`;
    case 'tags': return `/v2/${route.name}/tags/list`;
    case 'referrers': return `/v2/${route.name}/referrers/${route.digest}`;
  }
}
