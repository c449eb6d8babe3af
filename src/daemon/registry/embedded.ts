import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import type { ImageDeps } from '../../engine/images/deps.ts';
import { serveRegistry, type RunningRegistry } from '../../registry/server/serve.ts';
import { createFileBlobs } from '../../registry/server/storage/file-blobs.ts';
import { createFileRepositories } from '../../registry/server/storage/file-repositories.ts';
import { createFileUploads } from '../../registry/server/storage/file-uploads.ts';
import { collect } from '../../store/collect/collect.ts';
import type { EmbeddedRegistrySettings } from './embedded-settings.ts';

/** `<root>/registry`: names, links and uploads of the registry within the daemon. Its blobs are the engine's content. */
export function embeddedRegistryFolder(root: string): string {
  return join(root, 'registry');
}

/**
 * A registry on the engine's own content store: what is pushed to it and pulled by the engine is on the disk once. Its links keep blobs from the
 * engine's collection, which alone removes content; a lease keeps what a request has not linked yet.
 */
export async function serveEmbeddedRegistry(settings: EmbeddedRegistrySettings, { root, images, log }: { root: string; images: ImageDeps; log: Log }): Promise<RunningRegistry> {
  const folder = embeddedRegistryFolder(root);
  const { content, leases } = images;
  const registry = await serveRegistry({
    ...settings, root: folder, log,
    storage: {
      blobs: { ...createFileBlobs(folder, (digest) => content.path(digest)), settle: (digests) => content.settle(digests), delete: () => Promise.resolve(false), list: () => content.list() },
      repositories: createFileRepositories(folder),
      uploads: createFileUploads(folder),
      guard: (digests) => {
        const lease = leases.open('registry');
        lease.add({ digests });
        return { [Symbol.dispose]: () => lease.release() };
      },
    },
    collectBlobs: () => collect(images),
  });
  if (settings.htpasswd === undefined && !['127.0.0.1', '::1', 'localhost'].includes(settings.address.host)) {
    log.warn('everybody who reaches the registry may push to it', { host: settings.address.host, port: registry.port });
  }
  log.info('registry listens', { host: settings.address.host, port: registry.port, tls: settings.tls !== undefined, root: folder });
  return registry;
}
