import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { silentLog } from '../../../src/base/log.ts';
import { createRegistryPort, type RegistrySettings } from '../../../src/engine/images/registry-port.ts';
import type { PullOptions, ProgressLine } from '../../../src/engine/images/verbs.ts';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { memorySource } from '../registry/support.ts';
import { tarOf, type Member } from './archive-builder.ts';

/** The way to registries as a daemon has it, impatient. */
export function registryPort(settings: Partial<RegistrySettings> = {}) {
  return createRegistryPort({ maxDownloads: 3, maxUploads: 5, attempts: 1, signatures: [], log: silentLog, ...settings });
}

export interface MadeImage { manifest: Buffer; digest: Digest; config: Buffer; blobs: Buffer[]; layers: { digest: Digest; size: number; diffId: Digest }[] }

/** An image of layers with the given members each. Random content does not shrink, so sizes are what they say. */
export function imageOf(layers: readonly (readonly Member[])[], options: { architecture?: string; diffIds?: Digest[]; docker?: boolean; level?: number } = {}): MadeImage {
  const tars = layers.map((members) => tarOf(members));
  const blobs = tars.map((tar) => gzipSync(tar, { level: options.level ?? 1 }));
  const config = Buffer.from(JSON.stringify({
    created: '2020-01-01T00:00:00Z', architecture: options.architecture ?? 'amd64', os: 'linux', config: { Cmd: ['/hello'] },
    rootfs: { type: 'layers', diff_ids: options.diffIds ?? tars.map((tar) => digestOf(tar)) },
  }));
  const docker = options.docker === true;
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
    config: { mediaType: docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: blobs.map((blob) => ({ mediaType: docker ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerGzip, digest: digestOf(blob), size: blob.length })),
  }));
  return {
    manifest, digest: digestOf(manifest), config, blobs,
    layers: blobs.map((blob, index) => ({ digest: digestOf(blob), size: blob.length, diffId: digestOf(tars[index]!) })),
  };
}

export function randomLayer(name: string, bytes: number): Member[] {
  return [{ name, body: randomBytes(bytes) }];
}

export function indexOf(images: readonly { image: MadeImage; architecture: string }[]): Buffer {
  return Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociIndex,
    manifests: images.map(({ image, architecture }) => ({ mediaType: mediaTypes.ociManifest, digest: image.digest, size: image.manifest.length, platform: { os: 'linux', architecture } })),
  }));
}

/** Puts an image, or any manifest with its blobs, where a test can pull it. */
export async function publish(host: string, name: string, content: { references: string[]; manifest: Buffer; mediaType?: string; blobs?: Buffer[] }): Promise<void> {
  const client = createRegistryClient({});
  const repository = { registry: host, name };
  try {
    for (const bytes of content.blobs ?? []) {
      await client.pushBlob({ repository, descriptor: { digest: digestOf(bytes), size: bytes.length }, source: memorySource(bytes) });
    }
    const mediaType = content.mediaType ?? (JSON.parse(content.manifest.toString()) as { mediaType: string }).mediaType;
    for (const reference of content.references) await client.putManifest(repository, { reference, mediaType, bytes: content.manifest });
  } finally {
    client.close();
  }
}

export async function publishImage(host: string, name: string, tag: string, image: MadeImage): Promise<void> {
  await publish(host, name, { references: [tag], manifest: image.manifest, blobs: [...image.blobs, image.config] });
}

/** Options of a pull that writes its lines down. */
export function pulling(lines: ProgressLine[] = [], options: Partial<PullOptions> = {}): PullOptions {
  return { progress: (line) => void lines.push(line), signal: new AbortController().signal, ...options };
}

/** `id: status`, without the steps of bars. */
export function statuses(lines: readonly ProgressLine[]): string[] {
  return lines.filter((line) => line.status !== undefined && line.progress === undefined).map(({ id, status }) => (id === undefined ? status! : `${id}: ${status}`));
}
