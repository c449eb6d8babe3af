import { hasKind, messageOf } from '../../base/errors.ts';
import { KeyedLocks } from '../../base/locks.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import type { RegistryClient } from '../client/client.ts';
import type { Exchange, RegistryContext } from './exchange.ts';
import { sendBlob } from './handlers/blobs.ts';
import { storeManifest } from './handlers/manifests.ts';
import { readManifest } from './manifest-rules.ts';
import { Refusal } from './refusal.ts';

/** A cache of an upstream registry: what is asked for and not here is fetched, verified and kept. */
export interface PullThrough {
  /** Brings the manifest here, or a newer one of the same tag. An upstream that does not answer leaves what is here. @throws Refusal */
  manifest(name: string, reference: string): Promise<void>;
  /** Answers with a blob that is not here yet. */
  blob(exchange: Exchange, target: { name: string; digest: Digest }): Promise<void>;
}

export interface PullThroughOptions {
  client: RegistryClient;
  /** Upstream's host, as in references. */
  registry: string;
  /** For so long a tag is not asked about again, ms. */
  tagLifetimeMs: number;
}

export function createPullThrough(options: PullThroughOptions, context: () => RegistryContext): PullThrough {
  const locks = new KeyedLocks();
  const checked = new Map<string, number>();

  const fetchManifest = async (name: string, reference: string): Promise<void> => {
    const { repositories } = context().storage;
    const known = isDigest(reference) ? reference : await repositories.tagged(name, reference);
    const isHere = known !== undefined && await repositories.manifest(name, known) !== undefined;
    if (isHere && (isDigest(reference) || (checked.get(`${name}:${reference}`) ?? 0) > Date.now())) return;
    const repository = { registry: options.registry, name };
    try {
      const head = isHere ? await options.client.headManifest(repository, reference) : undefined;
      if (head === undefined || head.digest !== known) {
        const { descriptor, bytes } = await options.client.getManifest(repository, reference);
        const manifest = readManifest(bytes, descriptor.mediaType);
        await storeManifest(context(), { name, digest: descriptor.digest, bytes, manifest, tags: isDigest(reference) ? [] : [reference] });
      }
      if (checked.size > 10_000) checked.clear();
      checked.set(`${name}:${reference}`, Date.now() + options.tagLifetimeMs);
    } catch (error) {
      if (isHere && !hasKind(error, 'notFound')) {
        context().log.warn('upstream did not answer, serving what is here', { upstream: options.registry, name, reference, error: messageOf(error) });
        return;
      }
      throw refusalFrom(error, 'MANIFEST_UNKNOWN');
    }
  };

  /** One download, however many ask: the others wait for it. It runs to its end even when the first client leaves. */
  const fetchBlob = async (name: string, digest: Digest): Promise<void> => {
    const { storage, pins } = context();
    await pins.hold([digest], async () => {
      const repository = { registry: options.registry, name };
      if (await storage.blobs.size(digest) === undefined) {
        const size = await options.client.headBlob(repository, digest);
        if (size === undefined) throw new Refusal('BLOB_UNKNOWN', `blob ${digest} is not in ${options.registry}/${name}`);
        await options.client.fetchBlobs({ repository, descriptors: [{ digest, size }], sink: storage.blobs, concurrency: 1 });
      } else if (await options.client.headBlob(repository, digest) === undefined) {
        // Another repository has it, but this name has no claim to it.
        throw new Refusal('BLOB_UNKNOWN', `blob ${digest} is not in ${options.registry}/${name}`);
      }
      await storage.repositories.linkBlob(name, digest);
    });
  };

  return {
    manifest: (name, reference) => locks.run(`manifest ${name} ${reference}`, () => fetchManifest(name, reference)),
    async blob(exchange, { name, digest }) {
      const { storage } = context();
      await ensure(digest, name);
      await sendBlob(exchange, digest, (await storage.blobs.size(digest))!);
    },
  };

  async function ensure(digest: Digest, name: string): Promise<void> {
    try {
      await locks.run(`blob ${digest}`, async () => {
        const { storage } = context();
        if (await storage.repositories.hasBlob(name, digest) && await storage.blobs.size(digest) !== undefined) return;
        await fetchBlob(name, digest);
      });
    } catch (error) {
      throw refusalFrom(error, 'BLOB_UNKNOWN');
    }
  }
}

function refusalFrom(error: unknown, absent: 'MANIFEST_UNKNOWN' | 'BLOB_UNKNOWN'): unknown {
  if (error instanceof Refusal) return error;
  // Registries hide what a client may not see behind 401 and 403.
  if (hasKind(error, 'notFound') || hasKind(error, 'unauthorized') || hasKind(error, 'forbidden')) return new Refusal(absent, messageOf(error));
  return new Refusal('UNKNOWN', messageOf(error), { status: 502 });
}
