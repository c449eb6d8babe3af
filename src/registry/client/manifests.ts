import type { Descriptor } from '../../oci/descriptor.ts';
import { algorithmOf, digestOf, isDigest, type Digest } from '../../oci/digest.ts';
import { isIndexType, isManifestType } from '../../oci/media-types.ts';
import { acceptedManifests, bareMediaType, isSchema1 } from '../protocol/media-types.ts';
import { formatRoute } from '../protocol/routes.ts';
import { repositoryScope } from '../protocol/scope.ts';
import { lied, refusalOf, single } from './failures.ts';
import { limits } from './options.ts';
import { discardBody, readBody } from './read-body.ts';
import type { RegistryAnswer, Session } from './session.ts';

/** A repository in a registry: `docker.io` and `library/busybox`. */
export interface Repository {
  registry: string;
  name: string;
}

/** A manifest or index exactly as the registry keeps it; choosing a platform is the caller's. */
export interface FetchedManifest {
  descriptor: Descriptor;
  bytes: Buffer;
}

const acceptHeader = [...acceptedManifests, '*/*;q=0.1'].join(', ');

/**
 * @throws notFound, unauthorized, forbidden, unavailable as the registry says; invalid when what came is not what was asked for
 */
export async function getManifest(session: Session, repository: Repository, reference: string, signal?: AbortSignal): Promise<FetchedManifest> {
  return await fetched(await ask(session, 'GET', { repository, reference, signal, mirrored: true }), session, { repository, reference });
}

/** What is to be changed: from the registry itself, however many mirrors it has. `etag` says which state it is, where the registry tells. */
export async function getForChange(session: Session, repository: Repository, reference: string, signal?: AbortSignal): Promise<FetchedManifest & { etag: string | undefined }> {
  const answer = await ask(session, 'GET', { repository, reference, signal, mirrored: false });
  return { ...await fetched(answer, session, { repository, reference }), etag: single(answer.headers.etag) };
}

async function fetched(answer: RegistryAnswer, session: Session, { repository, reference }: Pick<Asked, 'repository' | 'reference'>): Promise<FetchedManifest> {
  const what = `manifest ${repository.name}${isDigest(reference) ? '@' : ':'}${reference}`;
  const registry = answer.endpoint.registry;
  if (answer.status !== 200) throw await refusalOf(answer, registry, what);
  const bytes = await readBody(answer.body, { maxBytes: limits.manifestBytes, deadlineMs: session.timeouts.smallBodyMs, what, registry });
  const digest = verifiedDigest(bytes, reference, single(answer.headers['docker-content-digest']), { registry, what });
  return { descriptor: { mediaType: agreedMediaType(bytes, answer, { registry, what }), digest, size: bytes.length }, bytes };
}

interface Asked { repository: Repository; reference: string; mirrored: boolean; signal: AbortSignal | undefined }

function ask(session: Session, method: string, { repository, reference, mirrored, signal }: Asked): Promise<RegistryAnswer> {
  return session.send({
    registry: repository.registry,
    method,
    target: formatRoute({ kind: 'manifest', name: repository.name, reference }),
    scopes: [repositoryScope(repository.name, ['pull'])],
    headers: { accept: acceptHeader },
    mirrored,
    signal,
  });
}

interface Subject { registry: string; what: string }

/** The digest asked for is the one that counts; a header that says otherwise is a lie even where the body is right. */
function verifiedDigest(bytes: Buffer, reference: string, header: string | undefined, subject: Subject): Digest {
  const claimed = header !== undefined && isDigest(header) ? header : undefined;
  const wanted = isDigest(reference) ? reference : claimed;
  const actual = digestOf(bytes, wanted === undefined ? 'sha256' : algorithmOf(wanted));
  if (wanted !== undefined && wanted !== actual) throw lied(subject.registry, `manifest verification failed for digest ${wanted}: ${subject.what} has digest ${actual}, not ${wanted}`);
  if (claimed !== undefined && algorithmOf(claimed) === algorithmOf(actual) && claimed !== actual) {
    throw lied(subject.registry, `${subject.what} has digest ${actual}, but its header says ${claimed}`);
  }
  return actual;
}

/** The header and the document must name the same type, or two clients could read one digest in two ways (CVE-2021-41190). */
function agreedMediaType(bytes: Buffer, answer: RegistryAnswer, { registry, what }: Subject): string {
  const declared = bareMediaType(answer.headers['content-type']);
  if (isSchema1(declared)) throw lied(registry, `${what} has schema version 1, which is not supported`);
  const document = parsed(bytes);
  if (document === undefined) throw lied(registry, `${what} is not JSON (${declared || 'no media type'})`);
  const inside = typeof document['mediaType'] === 'string' ? document['mediaType'] : undefined;
  if (isKnown(declared)) {
    if (inside !== undefined && inside !== declared) throw lied(registry, `${what} came as ${declared}, but says it is ${inside}`);
    const isBoth = Array.isArray(document['manifests']) && (Array.isArray(document['layers']) || document['config'] !== undefined);
    if (isBoth || (isIndexType(declared) ? document['layers'] : document['manifests']) !== undefined) {
      throw lied(registry, `${what} came as ${declared}, but has the fields of another type`);
    }
    return declared;
  }
  if (inside === undefined || !isKnown(inside) || !['application/json', 'text/plain', ''].includes(declared)) {
    throw lied(registry, `${what} has the media type ${inside ?? (declared || 'none')}, which is not a manifest`);
  }
  return inside;
}

function isKnown(mediaType: string): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType);
}

function parsed(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a reference points at, without its bytes; undefined when it does not exist, or the registry does not tell: not every one knows HEAD, and
 * GET then has the answer. @throws unauthorized, forbidden, unavailable when it limits how often it is asked
 */
export async function headManifest(session: Session, repository: Repository, reference: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
  const answer = await ask(session, 'HEAD', { repository, reference, signal, mirrored: true });
  discardBody(answer.body);
  if ([401, 403, 429].includes(answer.status)) throw await refusalOf(answer, answer.endpoint.registry, `manifest ${repository.name}:${reference}`);
  if (answer.status !== 200) return undefined;
  const digest = single(answer.headers['docker-content-digest']);
  const size = Number(answer.headers['content-length'] ?? Number.NaN);
  const mediaType = bareMediaType(answer.headers['content-type']);
  if (digest === undefined || !isDigest(digest) || !Number.isSafeInteger(size) || !isKnown(mediaType)) return undefined;
  return { mediaType, digest, size };
}

export interface NewManifest {
  reference: string;
  mediaType: string;
  bytes: Buffer;
  /** Headers (If-Match, If-None-Match) that let the registry refuse it (412) when the reference has changed. */
  conditions?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** `digest` is the one under which the registry keeps it, which is that of `bytes`; `takesSubjects` when it lists the manifest as referrer of its subject. */
export async function putManifest(session: Session, repository: Repository, manifest: NewManifest): Promise<{ digest: Digest; takesSubjects: boolean }> {
  const what = `manifest ${repository.name}:${manifest.reference}`;
  const answer = await session.send({
    registry: repository.registry,
    method: 'PUT',
    target: formatRoute({ kind: 'manifest', name: repository.name, reference: manifest.reference }),
    scopes: [repositoryScope(repository.name, ['pull', 'push'])],
    headers: { 'content-type': manifest.mediaType, ...manifest.conditions },
    body: manifest.bytes,
    signal: manifest.signal,
  });
  if (answer.status !== 201 && answer.status !== 200 && answer.status !== 202) throw await refusalOf(answer, repository.registry, what);
  discardBody(answer.body);
  const claimed = single(answer.headers['docker-content-digest']);
  const actual = digestOf(manifest.bytes, claimed !== undefined && isDigest(claimed) ? algorithmOf(claimed) : 'sha256');
  if (claimed !== undefined && claimed !== actual) throw lied(repository.registry, `${what} was stored as ${claimed}, not ${actual}`);
  return { digest: actual, takesSubjects: single(answer.headers['oci-subject']) !== undefined };
}
