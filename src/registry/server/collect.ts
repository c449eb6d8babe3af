import { isGantryError } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { RegistryContext } from './exchange.ts';
import { dropStaleUpload } from './handlers/uploads.ts';
import { readManifest } from './manifest-rules.ts';
import { Refusal } from './refusal.ts';

export interface CollectOptions {
  /** Manifests, links and uploads younger than this are a push that has not ended, ms. */
  graceMs: number;
  /** Remove manifests that no tag, index or subject leads to. */
  removeUntagged: boolean;
  /** False where somebody else collects the blobs (the engine's content store): links go, bytes stay. */
  removeBlobs: boolean;
}

export interface Collected { manifests: number; links: number; blobs: number; bytes: number; uploads: number }

/** Reachability from manifests, while the registry serves. Safe to interrupt: what is left goes next time. */
export async function collectGarbage(context: RegistryContext, options: CollectOptions): Promise<Collected> {
  const collected: Collected = { manifests: 0, links: 0, blobs: 0, bytes: 0, uploads: 0 };
  await collectUploads(context, options, collected);
  await context.pins.collecting(async (sweep) => {
    const reachable = new Set<Digest>();
    for (const name of await context.storage.repositories.names()) await collectRepository(context, { name, options, collected, reachable, sweep });
    if (!options.removeBlobs) return;
    for await (const { digest, size } of context.storage.blobs.list()) {
      if (reachable.has(digest) || !await sweep(digest, () => context.storage.blobs.delete(digest))) continue;
      collected.blobs += 1;
      collected.bytes += size;
    }
  });
  return collected;
}

/** A client may be silent for so long within one request, and hold a file that nobody touches. */
const longestPauseMs = 3_600_000;

async function collectUploads({ storage }: RegistryContext, options: CollectOptions, collected: Collected): Promise<void> {
  const olderThanMs = Date.now() - options.graceMs;
  for (const id of await storage.uploads.stale(olderThanMs)) if (await dropStaleUpload(storage, id, olderThanMs)) collected.uploads += 1;
  // Blobs of a cache whose upstream broke off, and what a crash left of a small write.
  await storage.blobs.sweepIngests(Date.now() - Math.max(options.graceMs, longestPauseMs));
}

interface RepositoryWork {
  name: string;
  options: CollectOptions;
  collected: Collected;
  reachable: Set<Digest>;
  sweep: (digest: Digest, remove: () => Promise<unknown>) => Promise<boolean>;
}

async function collectRepository(context: RegistryContext, work: RepositoryWork): Promise<void> {
  const { repositories } = context.storage;
  const { name, options, collected, reachable, sweep } = work;
  const links = await repositories.blobs(name);
  const manifests = new Map<Digest, Reading>();
  for (const { digest, storedAtMs } of await repositories.manifests(name)) {
    manifests.set(digest, { ...await readReferences(context, name, digest), isFresh: isFresh(storedAtMs, options) });
  }
  const kept = options.removeUntagged ? await wanted(context, name, manifests) : new Set(manifests.keys());
  const named = new Set<Digest>();
  for (const [digest, { references }] of manifests) {
    if (kept.has(digest) || !await sweep(digest, () => repositories.removeManifest(name, digest))) {
      reachable.add(digest);
      for (const reference of references) named.add(reference);
    } else {
      collected.manifests += 1;
    }
  }
  for (const { digest, linkedAtMs } of links) {
    if (named.has(digest) || isFresh(linkedAtMs, options) || !await sweep(digest, () => repositories.unlinkBlob(name, digest))) reachable.add(digest);
    else collected.links += 1;
  }
}

interface References { references: Digest[]; children: Digest[]; subject: Digest | undefined }
type Reading = References & { isFresh: boolean };

function isFresh(timeMs: number, options: CollectOptions): boolean {
  return timeMs > Date.now() - options.graceMs;
}

async function readReferences(context: RegistryContext, name: string, digest: Digest): Promise<References> {
  const record = await context.storage.repositories.manifest(name, digest);
  try {
    const manifest = readManifest(await context.storage.blobs.bytes(digest, context.maxManifestBytes), record?.mediaType ?? '');
    return { references: [...manifest.blobs, ...manifest.foreign], children: manifest.manifests, subject: manifest.subject };
  } catch (error) {
    // One manifest that cannot be read must not end the collection; what it might name keeps its grace only.
    if (!isGantryError(error) && !(error instanceof Refusal)) throw error;
    context.log.warn('manifest cannot be read', { name, digest, error: error.message });
    return { references: [], children: [], subject: undefined };
  }
}

/** Tagged and fresh manifests, what their indexes hold, and what refers to any of these. */
async function wanted({ storage }: RegistryContext, name: string, manifests: Map<Digest, Reading>): Promise<Set<Digest>> {
  const kept = new Set<Digest>();
  const visit = (digest: Digest): void => {
    const reading = manifests.get(digest);
    if (reading === undefined || kept.has(digest)) return;
    kept.add(digest);
    reading.children.forEach(visit);
    for (const [other, { subject }] of manifests) if (subject === digest) visit(other);
  };
  for (const [digest, reading] of manifests) if (reading.isFresh) visit(digest);
  for (const tag of await storage.repositories.tags(name)) {
    const digest = await storage.repositories.tagged(name, tag);
    if (digest !== undefined) visit(digest);
  }
  return kept;
}
