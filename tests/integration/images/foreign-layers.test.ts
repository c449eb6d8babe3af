import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { startRegistry } from '../registry/support.ts';
import { streamOf, tarOf } from './archive-builder.ts';
import { imageFixture, type ImageFixture } from './image-fixture.ts';
import { publish, pulling, registryPort } from './registry-fixture.ts';

const host = { os: 'linux', architecture: 'amd64' };
const files = [{ name: 'first', body: 'a'.repeat(5000) }, { name: 'second', body: 'b'.repeat(5000) }];
const tar = tarOf(files);
const middle = 512 + 5120;

/** A frame that decoders pass over: https://github.com/facebook/zstd/blob/dev/doc/zstd_compression_format.md#skippable-frames */
function skippable(bytes: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

/** As eStargz closes a layer: an empty member whose extra field says where the table of contents begins. */
function stargzFooter(): Buffer {
  const extra = Buffer.concat([Buffer.from('SG'), Buffer.from([22, 0]), Buffer.from('0000000000001600STARGZ')]);
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, extra.length, 0]);
  return Buffer.concat([head, extra, Buffer.from([1, 0, 0, 255, 255]), Buffer.alloc(8)]);
}

interface Layer { tar: Buffer; blob: Buffer; mediaType: string; more?: object }
const content = tarOf([{ name: 'stargz.index.json', body: '{"version":1,"entries":[]}' }]);
const stargz = Buffer.concat([tar.subarray(0, tar.length - 1024), content]);

const layers: [what: string, layer: Layer][] = [
  ['zstd:chunked: frames a file, and two that are passed over', {
    tar, mediaType: mediaTypes.ociLayerZstd,
    blob: Buffer.concat([zstdCompressSync(tar.subarray(0, middle)), zstdCompressSync(tar.subarray(middle)), skippable(Buffer.from('table of contents')), skippable(Buffer.alloc(64, 1))]),
    more: { annotations: { 'io.github.containers.zstd-chunked.manifest-checksum': digestOf('x'), 'io.github.containers.zstd-chunked.manifest-position': '1:2:3:1' } },
  }],
  ['eStargz: a member of gzip a file, a table of contents and a footer', {
    tar: stargz, mediaType: mediaTypes.ociLayerGzip, blob: Buffer.concat([gzipSync(stargz.subarray(0, middle)), gzipSync(stargz.subarray(middle)), stargzFooter()]),
    more: { annotations: { 'containerd.io/snapshot/stargz/toc.digest': digestOf('x') } },
  }],
  ['no compression, in OCI\'s words', { tar, mediaType: mediaTypes.ociLayer, blob: tar }],
  ['no compression, in Docker\'s words', { tar, mediaType: mediaTypes.dockerLayer, blob: tar }],
  ['zstd, in Docker\'s words', { tar, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.zstd', blob: zstdCompressSync(tar) }],
  ['gzip that is said to be none', { tar, mediaType: mediaTypes.ociLayer, blob: gzipSync(tar) }],
  ['a type that nobody said', { tar, mediaType: 'application/octet-stream', blob: gzipSync(tar) }],
  ['one that need not be distributed, but is', { tar, mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', blob: gzipSync(tar) }],
  ['one of Docker\'s that need not be distributed, but is', { tar, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', blob: gzipSync(tar) }],
  ['a descriptor that says where else the blob is, and brings it', { tar, mediaType: mediaTypes.ociLayerGzip, blob: gzipSync(tar), more: { urls: ['https://elsewhere.invalid/blob'], data: gzipSync(tar).toString('base64') } }],
];

const described = (mediaType: string, bytes: Buffer, more: object = {}) => ({ mediaType, digest: digestOf(bytes), size: bytes.length, ...more });

function imageOf(own: readonly Layer[], more: object = {}): { config: Buffer; manifest: Buffer; blobs: Buffer[]; digest: Digest } {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: own.map((layer) => digestOf(layer.tar)) }, ...more }));
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: described(mediaTypes.ociConfig, config), layers: own.map((layer) => described(layer.mediaType, layer.blob, layer.more)),
  }));
  return { config, manifest, blobs: [config, ...own.map(({ blob }) => blob)], digest: digestOf(manifest) };
}

async function shown(fixture: ImageFixture, name: string): Promise<string[]> {
  const { directories, release } = await fixture.deps.snapshots.acquire(fixture.images.resolve(name).layers.map(({ chainId }) => chainId));
  try {
    return files.map((file) => readFileSync(join(directories[0]!, file.name), 'utf8'));
  } finally {
    await release();
  }
}

describe('a layer that others made', () => {
  for (const [what, layer] of layers) {
    it(`is pulled, saved, loaded and pushed as it is: ${what}`, async () => {
      await using registry = await startRegistry();
      const image = imageOf([layer]);
      await publish(registry.host, 'from', { references: ['v1'], manifest: image.manifest, blobs: image.blobs });
      await using fixture = imageFixture({ registry: registryPort(), host });
      await fixture.images.pull(`${registry.host}/from:v1`, pulling());
      assert.deepEqual(await shown(fixture, `${registry.host}/from:v1`), files.map(({ body }) => body));
      await fixture.images.tag(`${registry.host}/from:v1`, `${registry.host}/to`, 'v2');
      await fixture.images.push(`${registry.host}/to:v2`, pulling());
      const saved = await buffer(await fixture.images.save([`${registry.host}/to:v2`], { signal: new AbortController().signal }));
      await using again = imageFixture({ registry: registryPort(), host });
      await again.load(streamOf(saved));
      assert.equal(again.images.resolve(`${registry.host}/to:v2`).manifest, image.digest);
      assert.deepEqual(await shown(again, `${registry.host}/to:v2`), files.map(({ body }) => body));
      await again.images.pull(`${registry.host}/to@${image.digest}`, pulling());
    });
  }

  it('is left out when nobody may send it: a layer of Windows', async () => {
    await using registry = await startRegistry();
    const foreign = { tar, blob: gzipSync(tar), mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', more: { urls: ['https://elsewhere.invalid/blob'] } };
    const image = imageOf([foreign]);
    await publish(registry.host, 'from', { references: ['v1'], manifest: image.manifest, blobs: [image.config] });
    await using fixture = imageFixture({ registry: registryPort(), host });
    await assert.rejects(fixture.images.pull(`${registry.host}/from:v1`, pulling()), { kind: 'invalid', message: /layer sha256:\w+ is not distributed with the image \(application\/vnd\.docker\.image\.rootfs\.foreign\.diff\.tar\.gzip\)/ });
    assert.deepEqual(await fixture.census(), { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 });
  });

  it('goes along with its image where it was pulled, though its URLs say that it is elsewhere', async () => {
    await using registry = await startRegistry();
    const own = { tar, blob: gzipSync(tar), mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', more: { urls: ['https://elsewhere.invalid/blob'] } };
    const image = imageOf([own]);
    await publish(registry.host, 'from', { references: ['v1'], manifest: image.manifest, blobs: image.blobs });
    await using fixture = imageFixture({ registry: registryPort(), host });
    await fixture.images.pull(`${registry.host}/from:v1`, pulling());
    assert.deepEqual(await shown(fixture, `${registry.host}/from:v1`), files.map(({ body }) => body));
    await fixture.images.tag(`${registry.host}/from:v1`, `${registry.host}/to`, 'v1');
    await fixture.images.push(`${registry.host}/to:v1`, pulling());
    const held = async (name: string): Promise<number> => (await fetch(`${registry.url}/v2/${name}/blobs/${digestOf(own.blob)}`, { method: 'HEAD' })).status;
    await registry.server.collectGarbage({ graceMs: -1000, removeUntagged: true, removeBlobs: true });
    assert.deepEqual([await held('from'), await held('to')], [200, 200]);
  });

  it('is refused in Docker\'s words when it holds no files', async () => {
    await using registry = await startRegistry();
    const image = imageOf([{ tar, blob: gzipSync(tar), mediaType: 'application/vnd.unheard.of' }]);
    await publish(registry.host, 'odd', { references: ['v1'], manifest: image.manifest, blobs: image.blobs });
    await using fixture = imageFixture({ registry: registryPort(), host });
    await assert.rejects(fixture.images.pull(`${registry.host}/odd:v1`, pulling()), { kind: 'invalid', message: `registry ${registry.host}: unsupported media type application/vnd.unheard.of` });
  });
});

describe('an image that came by two manifests, its layers compressed otherwise', () => {
  it('is saved by each name with the layers of that one', async () => {
    await using registry = await startRegistry();
    const images = [gzipSync(tar), zstdCompressSync(tar)].map((blob, index) => imageOf([{ tar, blob, mediaType: [mediaTypes.ociLayerGzip, mediaTypes.ociLayerZstd][index]! }]));
    await using fixture = imageFixture({ registry: registryPort(), host });
    for (const [index, image] of images.entries()) {
      await publish(registry.host, 'both', { references: [`v${index}`], manifest: image.manifest, blobs: image.blobs });
      await fixture.images.pull(`${registry.host}/both:v${index}`, pulling());
    }
    for (const index of images.keys()) {
      const saved = await buffer(await fixture.images.save([`${registry.host}/both:v${index}`], { signal: new AbortController().signal }));
      // As an archive of Docker's alone, where only manifest.json says which layers there are.
      await using again = imageFixture({ host });
      await again.load(streamOf(renamed(saved, 'index.json', 'other.json')));
      assert.deepEqual(await shown(again, `${registry.host}/both:v${index}`), files.map(({ body }) => body));
    }
  });
});

describe('an index with attestations', () => {
  it('is pulled for its image, and told with all its parts', async () => {
    await using registry = await startRegistry();
    const image = imageOf([{ tar, blob: gzipSync(tar), mediaType: mediaTypes.ociLayerGzip }]);
    const statement = { tar: Buffer.from('{}'), blob: Buffer.from('{"_type":"https://in-toto.io/Statement/v0.1"}'), mediaType: 'application/vnd.in-toto+json' };
    const proof = imageOf([statement], { architecture: 'unknown', os: 'unknown' });
    const index = Buffer.from(JSON.stringify({
      schemaVersion: 2, mediaType: mediaTypes.ociIndex,
      manifests: [
        described(mediaTypes.ociManifest, image.manifest, { platform: host }),
        described(mediaTypes.ociManifest, proof.manifest, { platform: { os: 'unknown', architecture: 'unknown' }, annotations: { 'vnd.docker.reference.digest': image.digest, 'vnd.docker.reference.type': 'attestation-manifest' } }),
      ],
    }));
    await publish(registry.host, 'proven', { references: [image.digest], manifest: image.manifest, blobs: image.blobs });
    await publish(registry.host, 'proven', { references: [proof.digest], manifest: proof.manifest, blobs: proof.blobs });
    await publish(registry.host, 'proven', { references: ['v1'], manifest: index });
    await using fixture = imageFixture({ registry: registryPort(), host });
    const name = `${registry.host}/proven:v1`;
    await fixture.images.pull(name, pulling());
    assert.deepEqual(await shown(fixture, name), files.map(({ body }) => body));
    const details = await fixture.images.inspect(name, { manifests: true });
    assert.deepEqual(details.descriptor, described(mediaTypes.ociIndex, index));
    assert.deepEqual(details.manifests?.map(({ kind, available, attestationFor }) => [kind, available, attestationFor]), [['image', true, undefined], ['attestation', false, image.digest]]);
    await assert.rejects(fixture.images.pull(name, pulling([], { platform: 'unknown/unknown' })), { message: /no matching manifest for unknown\/unknown/ });
  });
});

/** The tar with another name for a member, its checksum made right. */
function renamed(archive: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(archive);
  const at = copy.indexOf(Buffer.from(`${from}\0`));
  copy.write(`${to}\0`, at);
  copy.fill(' ', at + 148, at + 156);
  const sum = copy.subarray(at, at + 512).reduce((all, byte) => all + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148);
  return copy;
}
