import { hasKind, isGantryError } from '../../base/errors.ts';
import { readDescriptor, type Descriptor } from '../../oci/descriptor.ts';
import { algorithmOf, hexOf, type Digest } from '../../oci/digest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { formatRoute } from '../protocol/routes.ts';
import { repositoryScope } from '../protocol/scope.ts';
import { lied } from './failures.ts';
import { pages } from './lists.ts';
import { getForChange, getManifest, putManifest, type NewManifest, type Repository } from './manifests.ts';
import { RegistryRefusal } from './refusal.ts';
import type { Session } from './session.ts';

/**
 * What refers to `digest` by its `subject`. A registry without that list keeps it under a tag.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#unavailable-referrers-api
 */
export async function listReferrers(session: Session, repository: Repository, subject: { digest: Digest; artifactType?: string; signal?: AbortSignal }): Promise<Descriptor[]> {
  const query = subject.artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType: subject.artifactType })}`;
  const target = formatRoute({ kind: 'referrers', name: repository.name, digest: subject.digest }) + query;
  const found: Descriptor[] = [];
  try {
    for await (const page of pages(session, { registry: repository.registry, target, scopes: [repositoryScope(repository.name, ['pull'])], what: `referrers of ${subject.digest}`, signal: subject.signal })) {
      found.push(...descriptors(page.body['manifests']));
    }
  } catch (error) {
    if (!hasKind(error, 'notFound')) throw error;
    found.push(...descriptors((await underTag(session, repository, subject))?.['manifests']));
  }
  return found.filter((item) => subject.artifactType === undefined || item.artifactType === subject.artifactType);
}

/** `sha256-<hex>`, of which a longer digest gives the first part only. https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema */
export function referrersTag(digest: Digest): string {
  return `${algorithmOf(digest).slice(0, 32)}-${hexOf(digest).slice(0, 64)}`;
}

/** What is under the referrers tag; undefined when nothing is. */
async function underTag(session: Session, repository: Repository, subject: { digest: Digest; signal?: AbortSignal | undefined }): Promise<Record<string, unknown> | undefined> {
  try {
    const { bytes } = await getManifest(session, repository, referrersTag(subject.digest), subject.signal);
    return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  } catch (error) {
    if (hasKind(error, 'notFound')) return undefined;
    throw error;
  }
}

function descriptors(value: unknown): Descriptor[] {
  return Array.isArray(value) ? value.map((item) => readDescriptor(item, 'the list of referrers')) : [];
}

/** Stores a manifest. Where it names a subject and the registry keeps no list of referrers, it is added to the list under the subject's tag. */
export async function storeManifest(session: Session, repository: Repository, manifest: NewManifest): Promise<Digest> {
  const { digest, takesSubjects } = await putManifest(session, repository, manifest);
  if (!takesSubjects) await addToReferrersTag(session, repository, { ...manifest, digest });
  return digest;
}

async function addToReferrersTag(session: Session, repository: Repository, manifest: NewManifest & { digest: Digest }): Promise<void> {
  const referrer = referrerIn(manifest);
  if (referrer === undefined) return;
  const reference = referrersTag(referrer.subject);
  let refused: string | undefined;
  for (let attempt = 1; ; attempt++) {
    const known = await listForChange(session, repository, { reference, signal: manifest.signal });
    if (known.list.some((item) => item.digest === referrer.entry.digest)) return;
    const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...known.document, manifests: [...known.list, referrer.entry] };
    // Refused twice for one state, which nobody changed in between: the registry cannot tell its own states apart.
    const conditions = known.state === refused ? {} : conditionsFor(known.state);
    try {
      await putManifest(session, repository, { reference, mediaType: mediaTypes.ociIndex, bytes: Buffer.from(JSON.stringify(index)), conditions, signal: manifest.signal });
      return;
    } catch (error) {
      if (!isPreconditionFailure(error) || attempt === maxAttempts) throw error;
      refused = known.state;
    }
  }
}

/** As many others may add to one list at the same time. */
const maxAttempts = 100;
const absent = 'absent';

/**
 * So that of two who add at once none takes away what the other added: the later one is told, and begins anew. Registries that know no
 * conditions pass over them, and there the last one wins.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
 */
function conditionsFor(state: string | undefined): Record<string, string> {
  if (state === absent) return { 'if-none-match': '*' };
  // A weak one compares with nothing: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
  return state === undefined || state.startsWith('W/') ? {} : { 'if-match': state };
}

function isPreconditionFailure(error: unknown): boolean {
  return isGantryError(error) && error.cause instanceof RegistryRefusal && error.cause.status === 412;
}

interface List { document: Record<string, unknown>; list: Descriptor[]; /** Its ETag, where the registry tells one. */ state: string | undefined }

/** What is under the referrers tag. @throws invalid when that is something else */
async function listForChange(session: Session, repository: Repository, { reference, signal }: Pick<NewManifest, 'reference' | 'signal'>): Promise<List> {
  try {
    const { bytes, etag } = await getForChange(session, repository, reference, signal);
    const document = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    if (!Array.isArray(document['manifests'])) throw lied(repository.registry, `the tag ${repository.name}:${reference} is no list of referrers`);
    return { document, list: document['manifests'] as Descriptor[], state: etag };
  } catch (error) {
    if (hasKind(error, 'notFound')) return { document: {}, list: [], state: absent };
    throw error;
  }
}

/** What a list of referrers says of a manifest; undefined for one that refers to nothing. */
function referrerIn({ digest, mediaType, bytes }: NewManifest & { digest: Digest }): { subject: Digest; entry: Record<string, unknown> & { digest: Digest } } | undefined {
  const document = JSON.parse(bytes.toString('utf8')) as Record<string, unknown> & { config?: { mediaType?: unknown } };
  if (document['subject'] === undefined || document['subject'] === null) return undefined;
  const subject = readDescriptor(document['subject'], 'subject').digest;
  const artifactType = [document['artifactType'], document.config?.mediaType].find((value) => typeof value === 'string' && value !== '');
  return { subject, entry: { mediaType, digest, size: bytes.length, ...(artifactType === undefined ? {} : { artifactType }), ...(document['annotations'] === undefined ? {} : { annotations: document['annotations'] }) } };
}
