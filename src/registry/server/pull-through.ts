import { hasKind, messageOf } from '../../base/errors.ts';
import { KeyedLocks } from '../../base/locks.ts';
import { isDigest } from '../../oci/digest.ts';
import type { PullThrough, RegistryContext } from './exchange.ts';
import { createFills, type Upstream } from './fills.ts';
import { sendBlob } from './handlers/blobs.ts';
import { storeManifest } from './handlers/manifests.ts';
import { readManifest } from './manifest-rules.ts';
import { Refusal } from './refusal.ts';

export interface PullThroughOptions extends Upstream {
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

  const { sizeOf, fillOf } = createFills(options, context);

  /** What the upstream answers; undefined when it does not, and what is here must do. */
  const asked = async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      if (!hasKind(error, 'notFound')) context().log.warn(`upstream did not answer, serving the ${what} that are here`, { upstream: options.registry, error: messageOf(error) });
      return undefined;
    }
  };

  return {
    manifest: (name, reference) => locks.run(`manifest ${name} ${reference}`, () => fetchManifest(name, reference)),
    tags: (name) => asked('tags', () => options.client.listTags({ registry: options.registry, name })),
    referrers: (name, digest) => asked('referrers', () => options.client.listReferrers({ registry: options.registry, name }, { digest })),
    async blob(exchange, { name, digest }) {
      const { blobs } = context().storage;
      try {
        if (exchange.request.method === 'HEAD') return await sendBlob(exchange, { digest, size: await sizeOf(name, digest), read: () => blobs.read(digest) });
        const fill = await locks.run(`blob ${digest}`, () => fillOf(name, digest));
        const size = fill?.size ?? (await blobs.size(digest))!;
        await sendBlob(exchange, { digest, size, read: (range) => (fill === undefined ? blobs.read(digest, range) : fill.read(range)) });
      } catch (error) {
        throw refusalFrom(error, 'BLOB_UNKNOWN');
      }
    },
  };
}

function refusalFrom(error: unknown, absent: 'MANIFEST_UNKNOWN' | 'BLOB_UNKNOWN'): unknown {
  if (error instanceof Refusal) return error;
  // Registries hide what a client may not see behind 401 and 403.
  if (hasKind(error, 'notFound') || hasKind(error, 'unauthorized') || hasKind(error, 'forbidden')) return new Refusal(absent, messageOf(error));
  return new Refusal('UNKNOWN', messageOf(error), { status: 502 });
}
