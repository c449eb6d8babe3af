import { messageOf } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { RegistryClient } from '../client/client.ts';
import type { RegistryContext } from './exchange.ts';
import { Fill } from './fill.ts';
import { Refusal } from './refusal.ts';

export interface Upstream {
  client: RegistryClient;
  /** Its host, as in references. */
  registry: string;
}

/** The blobs that are on their way from an upstream, each once. */
export interface Fills {
  /** What the upstream says; that it knows the blob under this name is the claim to it. @throws Refusal BLOB_UNKNOWN */
  sizeOf(name: string, digest: Digest): Promise<number>;
  /** Undefined when it is here; one download, however many ask. */
  fillOf(name: string, digest: Digest): Promise<Fill | undefined>;
}

export function createFills({ client, registry }: Upstream, context: () => RegistryContext): Fills {
  const fills = new Map<Digest, { fill: Fill; names: Set<string> }>();

  const sizeOf = async (name: string, digest: Digest): Promise<number> => {
    const size = await client.headBlob({ registry, name }, digest);
    if (size === undefined) throw new Refusal('BLOB_UNKNOWN', `blob ${digest} is not in ${registry}/${name}`);
    return size;
  };

  const startFill = async (name: string, { digest, size }: { digest: Digest; size: number }): Promise<Fill> => {
    const { storage: { blobs, repositories }, pins } = context();
    const ingest = await blobs.ingest(`fill-${digest.replace(':', '-')}`, { digest, size });
    if (ingest.offset > size) await ingest.truncate();
    const names = new Set([name]);
    const source = client.openBlob({ repository: { registry, name }, descriptor: { digest, size }, offset: ingest.offset, verifyDigest: false });
    const fill = new Fill({
      digest, size, blobs, ingest, source,
      commit: () => pins.hold([digest], async () => {
        await ingest.commit();
        for (const one of names) await repositories.linkBlob(one, digest);
      }),
    });
    fills.set(digest, { fill, names });
    fill.ended.catch((error: unknown) => context().log.warn('upstream broke off', { upstream: registry, name, digest, error: messageOf(error) }))
      .finally(() => fills.delete(digest));
    return fill;
  };

  const fillOf = async (name: string, digest: Digest): Promise<Fill | undefined> => {
    const { storage: { blobs, repositories }, pins } = context();
    const isHere = await blobs.size(digest) !== undefined;
    if (isHere && await repositories.hasBlob(name, digest)) return undefined;
    const size = await sizeOf(name, digest);
    const running = fills.get(digest);
    if (running !== undefined) {
      running.names.add(name);
      return running.fill;
    }
    const isLinked = await pins.hold([digest], async () => {
      if (await blobs.size(digest) === undefined) return false;
      await blobs.settle([digest]);
      await repositories.linkBlob(name, digest);
      return true;
    });
    return isLinked ? undefined : await startFill(name, { digest, size });
  };

  return { sizeOf, fillOf };
}
