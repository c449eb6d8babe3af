import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { digestOf, hexOf } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { createFilesystemStorage } from '../../../src/registry/server/storage/filesystem.ts';
import { missingDockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { makeImage, memorySource, pushImage, startRegistry, temporaryFolder, type TestImage } from './support.ts';

const run = promisify(execFile);
const skopeo = '/usr/bin/skopeo';
const skip = existsSync(skopeo) ? missingDockerRegistry : 'skopeo is not installed';

function bigImage(): { config: Buffer; layer: Buffer; manifest: Buffer; digest: string } {
  const layer = randomBytes(5_000_000);
  const image = makeImage('big');
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(image.config), size: image.config.length },
    layers: [{ mediaType: mediaTypes.ociLayerGzip, digest: digestOf(layer), size: layer.length }],
  }));
  return { config: image.config, layer, manifest, digest: digestOf(manifest) };
}

describe('an image on its way through foreign parts', { skip }, () => {
  it('keeps its digest: gantry to docker-registry, skopeo to ours and back, gantry again', async () => {
    const folder = await temporaryFolder();
    const client = createRegistryClient({});
    try {
      await using foreign = await startDockerRegistry();
      await using ours = await startRegistry();
      const image = bigImage();
      const source = memorySource(image.config, image.layer);
      for (const [bytes, chunkBytes] of [[image.config, undefined], [image.layer, 2_000_000]] as const) {
        const push = { repository: { registry: foreign.host, name: 'a/b' }, descriptor: { digest: digestOf(bytes), size: bytes.length }, source, chunkBytes };
        assert.equal(await client.pushBlob(push), 'uploaded');
        assert.equal(await client.pushBlob({ ...push, repository: { registry: foreign.host, name: 'c' }, mountFrom: ['a/b'] }), 'mounted');
      }
      await client.putManifest({ registry: foreign.host, name: 'a/b' }, { reference: 'v1', mediaType: mediaTypes.ociManifest, bytes: image.manifest });
      assert.deepEqual(await client.listTags({ registry: foreign.host, name: 'a/b' }), ['v1']);

      const copy = (from: string, to: string): Promise<unknown> => run(skopeo, ['copy', '--insecure-policy', '--preserve-digests', '--src-tls-verify=false', '--dest-tls-verify=false', from, to]);
      await copy(`docker://${foreign.host}/a/b:v1`, `docker://${ours.host}/x/y:v1`);
      await copy(`docker://${ours.host}/x/y:v1`, `docker://${foreign.host}/back:v1`);
      const { stdout } = await run(skopeo, ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${ours.host}/x/y:v1`]);
      assert.equal(stdout.trim(), image.digest);

      for (const [registry, name] of [[ours.host, 'x/y'], [foreign.host, 'back']] as const) {
        const repository = { registry, name };
        assert.equal((await client.getManifest(repository, 'v1')).descriptor.digest, image.digest);
        const sink = createFilesystemStorage(join(folder, name)).blobs;
        await client.fetchBlobs({ repository, descriptors: [{ digest: digestOf(image.layer), size: image.layer.length }], sink, concurrency: 3 });
        assert.equal(await sink.size(digestOf(image.layer)), image.layer.length);
      }
      await run(skopeo, ['delete', '--tls-verify=false', `docker://${ours.host}/x/y:v1`]);
      await assert.rejects(client.getManifest({ registry: ours.host, name: 'x/y' }, 'v1'), /unknown/);
    } finally {
      client.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('passes our users: skopeo with and without a password', async () => {
    const folder = await temporaryFolder();
    try {
      await writeFile(join(folder, 'users'), 'alice:$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u\n');
      await using ours = await startRegistry({ htpasswd: join(folder, 'users'), anonymousPull: true });
      const image = makeImage();
      const alice = createRegistryClient({ credentials: async () => ({ username: 'alice', password: 'secret' }) });
      const repository = { registry: ours.host, name: 'a' };
      for (const bytes of [image.config, image.layer]) await alice.pushBlob({ repository, descriptor: { digest: digestOf(bytes), size: bytes.length }, source: memorySource(bytes) });
      await alice.putManifest(repository, { reference: 'v1', mediaType: mediaTypes.ociManifest, bytes: image.manifest });
      alice.close();
      const copy = (to: string, ...more: string[]): Promise<unknown> => run(skopeo, ['copy', '--insecure-policy', '--src-tls-verify=false', '--dest-tls-verify=false', ...more, `docker://${ours.host}/a:v1`, to]);
      await copy(`dir:${join(folder, 'out')}`);
      await assert.rejects(copy(`docker://${ours.host}/b:v1`));
      await copy(`docker://${ours.host}/b:v1`, '--dest-creds', 'alice:secret');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a manifest with a subject, in a registry that keeps no list of referrers', { skip: missingDockerRegistry }, () => {
  for (const algorithm of ['sha256', 'sha512'] as const) {
    it(`is listed under the tag of its subject, once (${algorithm})`, async () => {
      await using foreign = await startDockerRegistry();
      const client = createRegistryClient({});
      try {
        const repository = { registry: foreign.host, name: 'a' };
        const image = makeImage();
        await pushImage(client, { host: foreign.host, name: 'a', reference: 'v1' }, image);
        const subject = { mediaType: mediaTypes.ociManifest, digest: digestOf(image.manifest, algorithm), size: image.manifest.length };
        const [signature, other] = ['application/vnd.test.signature', 'application/vnd.test.other'].map((artifactType) => makeImage('x', { subject, artifactType, annotations: { by: artifactType } })) as [TestImage, TestImage];
        for (const { manifest, digest } of [signature, other, signature]) await client.putManifest(repository, { reference: digest, mediaType: mediaTypes.ociManifest, bytes: manifest });
        const all = await client.listReferrers(repository, { digest: subject.digest });
        assert.deepEqual(all.map((item) => [item.digest, item.annotations?.['by']]), [[signature.digest, 'application/vnd.test.signature'], [other.digest, 'application/vnd.test.other']]);
        assert.deepEqual((await client.listReferrers(repository, { digest: subject.digest, artifactType: 'application/vnd.test.other' })).map((item) => item.digest), [other.digest]);
        assert.ok((await client.listTags(repository)).includes(`${algorithm}-${hexOf(subject.digest).slice(0, 64)}`));
      } finally {
        client.close();
      }
    });
  }
  it('does not take the place of what somebody else put under that tag', async () => {
    await using foreign = await startDockerRegistry();
    const client = createRegistryClient({});
    try {
      const image = makeImage();
      await pushImage(client, { host: foreign.host, name: 'a', reference: image.digest.replace(':', '-') }, image);
      const { manifest, digest } = makeImage('x', { subject: { mediaType: mediaTypes.ociManifest, digest: image.digest, size: image.manifest.length } });
      await assert.rejects(client.putManifest({ registry: foreign.host, name: 'a' }, { reference: digest, mediaType: mediaTypes.ociManifest, bytes: manifest }), /is no list of referrers/);
      assert.deepEqual(await client.listReferrers({ registry: foreign.host, name: 'a' }, { digest: image.digest }), []);
    } finally {
      client.close();
    }
  });
});
