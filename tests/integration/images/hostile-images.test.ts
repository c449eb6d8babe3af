import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { hostArchitecture } from '../../../src/host/architecture.ts';
import { mount, unmount } from '../../../src/host/mount.ts';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { startFake } from '../registry/support.ts';
import { tarOf } from './archive-builder.ts';
import { imageFixture } from './image-fixture.ts';
import { pulling, registryPort } from './registry-fixture.ts';

const architecture = hostArchitecture();
const tar = tarOf([{ name: 'hello', body: randomBytes(50_000) }]);

/** What a registry that wants no good serves: anything by name or digest, true or not. */
interface Served {
  manifest: Buffer;
  mediaType?: string;
  /** By digest. */
  manifests?: Map<string, Buffer>;
  blobs?: Map<string, Buffer | ((response: ServerResponse) => void)>;
}

interface Parts { layers?: { bytes: Buffer; mediaType?: string; digest?: Digest; size?: number }[]; diffIds?: Digest[]; config?: Record<string, unknown>; manifest?: Record<string, unknown> }

/** An image that is all right, but for what a test changes. */
function made({ layers = [{ bytes: gzipSync(tar) }], diffIds = layers.map(() => digestOf(tar)), config = {}, manifest = {} }: Parts): Served {
  const configBytes = Buffer.from(JSON.stringify({ architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: diffIds }, ...config }));
  const described = layers.map(({ bytes, mediaType = mediaTypes.ociLayerGzip, digest = digestOf(bytes), size = bytes.length }) => ({ mediaType, digest, size }));
  const bytes = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { mediaType: mediaTypes.ociConfig, digest: digestOf(configBytes), size: configBytes.length }, layers: described, ...manifest,
  }));
  return { manifest: bytes, blobs: new Map([[digestOf(configBytes), configBytes], ...described.map(({ digest }, index): [string, Buffer] => [digest, layers[index]!.bytes])]) };
}

async function pullFrom(served: Served, parent?: string): Promise<never> {
  await using registry = await startFake((request, response) => {
    const [, kind, reference = ''] = /\/(manifests|blobs)\/(.+)$/.exec(request.url ?? '') ?? [];
    const found = kind === 'manifests' ? served.manifests?.get(reference) ?? (reference === 'v1' ? served.manifest : undefined) : served.blobs?.get(reference);
    if (found === undefined) return void response.writeHead(404).end();
    if (typeof found === 'function') return found(response);
    const mediaType = kind === 'blobs' ? 'application/octet-stream' : (JSON.parse(found.toString()) as { mediaType?: string }).mediaType ?? served.mediaType ?? mediaTypes.ociManifest;
    response.writeHead(200, { 'content-type': mediaType, 'content-length': found.length }).end(request.method === 'HEAD' ? undefined : found);
  });
  await using fixture = imageFixture({ registry: registryPort() }, parent);
  try {
    await fixture.images.pull(`${registry.host}/a:v1`, pulling());
  } catch (error) {
    assert.deepEqual(await fixture.census(), { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 }, 'nothing is kept');
    throw new Error((error as Error).message.replaceAll(registry.host, 'HOST'), { cause: error });
  }
  throw assert.fail('the registry was believed');
}

function indexOf(members: object[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: members }));
}

/** A frame header that announces a size, over a frame of another. */
function zstdWithWrongSize(): Buffer {
  const frame = zstdCompressSync(tar, { pledgedSrcSize: tar.length } as never);
  const descriptor = frame[4]!;
  const sizeBytes = [1, 2, 4, 8][descriptor >> 6]!;
  const at = 5 + ((descriptor & 0x20) === 0 ? 1 : 0);
  const changed = Buffer.from(frame);
  changed.fill(0, at, at + sizeBytes);
  changed[at] = 7;
  return changed;
}

describe('a pull refuses, naming the registry and the reason, and keeps nothing of', () => {
  const config = (value: Record<string, unknown>): Served => made({ config: value });
  const selfReferring = (): Served => {
    // No index can hold its own digest; a registry can answer as if one did.
    const digest = digestOf('itself');
    const index = indexOf([{ mediaType: mediaTypes.ociIndex, digest, size: 100 }]);
    return { manifest: index, manifests: new Map([[digest, index]]) };
  };
  const nested = (depth: number): Served => {
    const manifests = new Map<string, Buffer>();
    let bytes = made({}).manifest;
    for (let level = 0; level < depth; level++) {
      manifests.set(digestOf(bytes), bytes);
      bytes = indexOf([{ mediaType: level === 0 ? mediaTypes.ociManifest : mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.length, ...(level === 0 ? { platform: { os: 'linux', architecture } } : {}) }]);
    }
    return { manifest: bytes, manifests };
  };
  const gz = gzipSync(tar);
  const rows: [what: string, served: () => Served, message: RegExp][] = [
    ['a layer of other bytes', () => made({ layers: [{ bytes: gz, digest: digestOf('others') }] }), /HOST.*digest/],
    ['a layer that is longer than it says', () => made({ layers: [{ bytes: gz, size: gz.length - 1 }] }), /HOST.*(larger|is \d+ bytes long)/],
    ['a layer that is shorter than it says', () => made({ layers: [{ bytes: gz, size: gz.length + 1 }] }), /HOST.*(smaller|is \d+ bytes long)/],
    ['a layer that never ends', () => {
      const served = made({});
      const digest = digestOf(gz);
      served.blobs!.set(digest, (response) => {
        response.writeHead(200);
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536))) { /* until the client has had enough */ }
        };
        response.on('drain', more).on('error', () => undefined);
        more();
      });
      return served;
    }, /HOST.*larger than its \d+ bytes/],
    ['a layer of an unknown media type', () => made({ layers: [{ bytes: gz, mediaType: 'application/x-rar' }] }), /HOST.*media type|HOST.*x-rar/],
    ['a layer that is no archive', () => made({ layers: [{ bytes: gzipSync('not a tar') }], diffIds: [digestOf('not a tar')] }), /HOST.*failed to register layer/],
    ['gzip that is cut', () => made({ layers: [{ bytes: gz.subarray(0, gz.length - 20) }] }), /HOST.*failed to register layer.*/],
    ['gzip with a wrong checksum', () => { const bytes = Buffer.from(gz); bytes[bytes.length - 5]! ^= 1; return made({ layers: [{ bytes }] }); }, /HOST.*failed to register layer/],
    ['zstd that is cut', () => made({ layers: [{ bytes: zstdCompressSync(tar).subarray(0, -20), mediaType: mediaTypes.ociLayerZstd }] }), /HOST.*failed to register layer/],
    ['zstd whose frame says another size', () => made({ layers: [{ bytes: zstdWithWrongSize(), mediaType: mediaTypes.ociLayerZstd }] }), /HOST.*failed to register layer/],
    ['a layer whose diffID is another', () => made({ diffIds: [digestOf('another')] }), /HOST.*diffID|HOST.*diff/i],
    ['something that is no image', () => made({ manifest: { config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digestOf('chart'), size: 5 } } }), /HOST: unsupported media type application\/vnd\.cncf\.helm\.config\.v1\+json/],
    ['an image for another system', () => config({ os: 'windows' }), /HOST: image operating system "windows" cannot be used on this platform/],
    ['a layer that is not there', () => ({ ...made({}), blobs: new Map(made({}).blobs!.entries().filter(([digest]) => digest !== digestOf(gz))) }), /^unknown blob: registry HOST: blob a@/],
    ['an index that names itself', selfReferring, /HOST.*digest/],
    ['indexes in indexes', () => nested(7), /HOST.*nested too deeply/],
    ['an index that names what is not there', () => ({ manifest: indexOf([{ mediaType: mediaTypes.ociManifest, digest: digestOf('nowhere'), size: 10, platform: { os: 'linux', architecture } }]) }), /HOST/],
    ['an index that lies about a size', () => {
      const { manifest, blobs } = made({});
      return { manifest: indexOf([{ mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.length + 1, platform: { os: 'linux', architecture } }]), manifests: new Map([[digestOf(manifest), manifest]]), blobs: blobs! };
    }, /HOST.*bytes where its index says/],
    ['an index whose platform is a number', () => ({ manifest: indexOf([{ mediaType: mediaTypes.ociManifest, digest: digestOf('x'), size: 10, platform: { os: 1, architecture } }]) }), /HOST.*its platform is none/],
    ['ten thousand layers', () => made({ layers: Array.from({ length: 10_000 }, (_, index) => ({ bytes: Buffer.from(`${index}`) })) }), /HOST.*10000 layers/],
    ['fewer layers than diffIDs', () => made({ diffIds: [digestOf(tar), digestOf(tar)] }), /HOST.*lists 2 layers, the manifest 1/],
    ['a layer of negative size', () => made({ manifest: { layers: [{ mediaType: mediaTypes.ociLayerGzip, digest: digestOf(gz), size: -1 }] } }), /HOST.*its size is not possible/],
    ['a layer of absurd size', () => made({ manifest: { layers: [{ mediaType: mediaTypes.ociLayerGzip, digest: digestOf(gz), size: 2 ** 60 }] } }), /HOST.*its size is not possible/],
    ['a layer whose digest leads elsewhere', () => made({ manifest: { layers: [{ mediaType: mediaTypes.ociLayerGzip, digest: '../../etc/passwd', size: 1 }] } }), /HOST.*its digest is none/],
    ['a config that is an image of a page', () => { const served = made({}); const page = Buffer.from('<html>'); const manifest = JSON.parse(served.manifest.toString()) as { config: object }; manifest.config = { mediaType: mediaTypes.ociConfig, digest: digestOf(page), size: page.length }; return { manifest: Buffer.from(JSON.stringify(manifest)), blobs: new Map([...served.blobs!, [digestOf(page), page]]) }; }, /HOST.*image config/],
    ['a config of 100 MB', () => made({ manifest: { config: { mediaType: mediaTypes.ociConfig, digest: digestOf('big'), size: 100 << 20 } } }), /HOST.*claims 104857600 bytes/],
    ['a config with an architecture that is none', () => config({ architecture: 7 }), /HOST/],
    ['a config with layers that are no digests', () => config({ rootfs: { type: 'layers', diff_ids: ['sha256:short'] } }), /HOST/],
    ['a config with a negative interval', () => config({ config: { Healthcheck: { Test: ['CMD', 'x'], Interval: -1 } } }), /HOST/],
    ['a config with a huge number of retries', () => config({ config: { Healthcheck: { Test: ['CMD', 'x'], Retries: 1e300 } } }), /HOST/],
    ['a config whose environment is a number', () => config({ config: { Env: 3 } }), /HOST/],
  ];
  for (const [what, served, message] of rows) it(what, () => assert.rejects(pullFrom(served()), { message }));

  it('a bomb: a full disk gets its space back', async () => {
    const bomb = gzipSync(tarOf([{ name: 'bomb', body: Buffer.alloc(48 << 20, 'a bomb') }]));
    const disk = mkdtempSync(join(tmpdir(), 'gantry-small-'));
    mount('tmpfs', disk, { type: 'tmpfs', data: 'size=16m' });
    try {
      await assert.rejects(pullFrom(made({ layers: [{ bytes: bomb }], diffIds: [digestOf('whatever')] }), disk), { message: /no space left on device/ });
      assert.deepEqual(readdirSync(disk), []);
    } finally {
      unmount(disk, { lazy: true });
      rmSync(disk, { recursive: true });
    }
  });
});
