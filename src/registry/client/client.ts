import type { Readable } from 'node:stream';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { headBlob, openBlob, readBlob, type BlobRequest } from './blobs.ts';
import { fetchBlobs, type FetchBlobsRequest } from './fetch-blobs.ts';
import { listRepositories, listTags, ping, searchRegistry, type SearchResult } from './lists.ts';
import { getManifest, headManifest, type FetchedManifest, type NewManifest, type Repository } from './manifests.ts';
import type { RegistryClientOptions } from './options.ts';
import { listReferrers, storeManifest } from './referrers.ts';
import { Session } from './session.ts';
import { pushBlob, type PushBlobRequest, type PushOutcome } from './upload.ts';

/**
 * Everything that can be asked of registries. Errors name the registry and its reason; kinds are `notFound`, `unauthorized`,
 * `forbidden`, `unavailable` (network, 5xx, 429), `invalid` (it lied, or refused what we sent), `cancelled`.
 */
export interface RegistryClient {
  getManifest(repository: Repository, reference: string, signal?: AbortSignal): Promise<FetchedManifest>;
  headManifest(repository: Repository, reference: string, signal?: AbortSignal): Promise<Descriptor | undefined>;
  /** A manifest with a subject becomes known as its referrer, also where the registry keeps no such list. */
  putManifest(repository: Repository, manifest: NewManifest): Promise<Digest>;
  headBlob(repository: Repository, digest: Digest, signal?: AbortSignal): Promise<number | undefined>;
  openBlob(request: BlobRequest): Readable;
  /** The same, chunk by chunk as the network brings them. */
  readBlob(request: BlobRequest): AsyncIterable<Buffer>;
  fetchBlobs(request: FetchBlobsRequest): Promise<void>;
  pushBlob(request: PushBlobRequest): Promise<PushOutcome>;
  listTags(repository: Repository, signal?: AbortSignal): Promise<string[]>;
  listRepositories(registry: string, signal?: AbortSignal): Promise<string[]>;
  listReferrers(repository: Repository, subject: { digest: Digest; artifactType?: string; signal?: AbortSignal }): Promise<Descriptor[]>;
  search(registry: string, search: { term: string; limit: number; signal?: AbortSignal }): Promise<SearchResult[]>;
  /** @throws unauthorized when the registry does not accept the credentials that the client was made with */
  ping(registry: string, signal?: AbortSignal): Promise<void>;
  close(): void;
}

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const session = new Session(options);
  return {
    getManifest: (repository, reference, signal) => getManifest(session, repository, reference, signal),
    headManifest: (repository, reference, signal) => headManifest(session, repository, reference, signal),
    putManifest: (repository, manifest) => storeManifest(session, repository, manifest),
    headBlob: (repository, digest, signal) => headBlob(session, repository, digest, { signal }),
    openBlob: (request) => openBlob(session, request),
    readBlob: (request) => readBlob(session, request),
    fetchBlobs: (request) => fetchBlobs(session, request),
    pushBlob: (request) => pushBlob(session, request),
    listTags: (repository, signal) => listTags(session, repository, signal),
    listRepositories: (registry, signal) => listRepositories(session, registry, signal),
    listReferrers: (repository, subject) => listReferrers(session, repository, subject),
    search: (registry, search) => searchRegistry(session, registry, search),
    ping: (registry, signal) => ping(session, registry, signal),
    close: () => session.close(),
  };
}
