import { hasKind } from '../../base/errors.ts';
import { readDescriptor, type Descriptor } from '../../oci/descriptor.ts';
import { algorithmOf, hexOf, type Digest } from '../../oci/digest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { formatRoute } from '../protocol/routes.ts';
import { repositoryScope } from '../protocol/scope.ts';
import { lied } from './failures.ts';
import { pages } from './lists.ts';
import { getManifest, putManifest, type NewManifest, type Repository } from './manifests.ts';
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
  const { digest, mediaType, bytes, signal } = manifest;
  const document = JSON.parse(bytes.toString('utf8')) as Record<string, unknown> & { config?: { mediaType?: unknown } };
  const subject = document['subject'] === undefined || document['subject'] === null ? undefined : readDescriptor(document['subject'], 'subject');
  if (subject === undefined) return;
  const reference = referrersTag(subject.digest);
  const known = await underTag(session, repository, { digest: subject.digest, signal }) ?? { manifests: [] };
  if (!Array.isArray(known['manifests'])) throw lied(repository.registry, `the tag ${repository.name}:${reference} is no list of referrers`);
  const list = known['manifests'] as Descriptor[];
  if (list.some((item) => item.digest === digest)) return;
  const artifactType = [document['artifactType'], document.config?.mediaType].find((value) => typeof value === 'string' && value !== '');
  const entry = { mediaType, digest, size: bytes.length, ...(artifactType === undefined ? {} : { artifactType }), ...(document['annotations'] === undefined ? {} : { annotations: document['annotations'] }) };
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...known, manifests: [...list, entry] };
  await putManifest(session, repository, { reference, mediaType: mediaTypes.ociIndex, bytes: Buffer.from(JSON.stringify(index)), signal });
}
