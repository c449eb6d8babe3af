import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../../../src/oci/digest.ts';
import { describeManifest, indexOf, layoutMembers, sample, streamOf, tarOf } from './archive-builder.ts';
import { imageFixture, type ImageFixture } from './image-fixture.ts';
import { imageOf, publishImage, pulling, randomLayer, registryPort } from './registry-fixture.ts';
import { startRegistry } from '../registry/support.ts';
import type { ImageRecord } from '../../../src/store/records.ts';

const rounds = 25;
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const foreign = architecture === 'amd64' ? 'arm64' : 'amd64';
const nothing = { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 };
const forced = { force: true, prune: true };
const everything = new Map([['dangling', ['false']]]);
const images = [sample({ text: 'one' }), sample({ text: 'two' }), sample({ text: 'three' })];
const names = images.map((_, index) => `docker.io/library/image-${index}:latest`);
/** Every image stands on the same bottom layer as the others: removing one must leave it to those that are just being loaded. */
const archive = tarOf(layoutMembers(indexOf(images.map((image, index) => describeManifest(image, names[index]!))), images));

/** What is recorded is there, whole. */
async function missing({ deps }: ImageFixture): Promise<string[]> {
  const parts = deps.metadata.table<ImageRecord>('images').all().flatMap((image) => [image.id, image.manifest, ...image.layers.map(({ digest }) => digest)]);
  const layers = deps.metadata.table<ImageRecord>('images').all().flatMap((image) => image.layers.map(({ chainId }) => chainId));
  const absent: string[] = layers.filter((chainId) => !deps.snapshots.has(chainId));
  for (const digest of parts) if ((await deps.content.size(digest)) === undefined) absent.push(digest);
  return absent;
}

describe('image prune and rmi', () => {
  it('beside loads of the same images leave every image that is recorded whole', async () => {
    await using fixture = imageFixture({ host: { os: 'linux', architecture: 'amd64' } });
    for (let round = 0; round < rounds; round++) {
      const settled = await Promise.allSettled([
        fixture.load(streamOf(archive)), fixture.images.remove(names[round % names.length]!, forced), fixture.images.prune(everything), fixture.load(streamOf(archive)),
      ]);
      for (const result of settled) if (result.status === 'rejected') assert.match(String(result.reason), /No such image/);
      assert.deepEqual(await missing(fixture), [], `round ${round}`);
    }
  });

  it('prune refuses to run twice at once', async () => {
    await using fixture = imageFixture();
    const [first, second] = await Promise.allSettled([fixture.images.prune(new Map()), fixture.images.prune(new Map())]);
    assert.equal(first.status, 'fulfilled');
    assert.ok(second.status === 'rejected');
    assert.deepEqual([second.reason.kind, second.reason.message], ['conflict', 'a prune operation is already running']);
    assert.deepEqual((await fixture.images.prune(new Map())).deleted, []);
  });
});

describe('an image that is removed', () => {
  it('while it is pushed arrives whole, and leaves no name of its digest behind', async () => {
    await using registry = await startRegistry();
    await using fixture = imageFixture({ registry: registryPort() });
    const name = `${registry.host}/one:latest`;
    await fixture.load(streamOf(tarOf(layoutMembers(indexOf([describeManifest(images[0]!, name)]), [images[0]!]))));
    const removals: Promise<unknown>[] = [];
    await fixture.images.push(name, pulling([], { progress: ({ status }) => { if (status === 'Pushed') removals.push(fixture.images.remove(name, forced)); } }));
    assert.equal((await Promise.all(removals)).length, 1);
    await fixture.images.prune(everything);
    assert.deepEqual(await fixture.census(), nothing);
    await using other = imageFixture({ registry: registryPort() });
    await other.images.pull(name, pulling());
    assert.equal(other.images.resolve(name).id, images[0]!.id);
  });

  it('while it is unpacked for its first use leaves no layer', async () => {
    await using registry = await startRegistry();
    await publishImage(registry.host, 'theirs', 'v1', imageOf([randomLayer('a', 400_000), randomLayer('b', 10)], { architecture: foreign }));
    await using fixture = imageFixture({ registry: registryPort() });
    const name = `${registry.host}/theirs:v1`;
    await fixture.images.pull(name, pulling([], { platform: `linux/${foreign}` }));
    const image = fixture.images.resolve(name);
    const unpacking = fixture.images.unpack(image);
    await fixture.images.remove(name, forced);
    await unpacking;
    assert.deepEqual(await fixture.census(), nothing);
  });

  it('while a pull finds its manifest here is pulled anew', async () => {
    await using registry = await startRegistry();
    const image = imageOf([randomLayer('a', 1000)], { architecture });
    await publishImage(registry.host, 'mine', 'v1', image);
    await using fixture = imageFixture({ registry: registryPort() });
    const name = `${registry.host}/mine:v1`;
    await fixture.images.pull(name, pulling());
    const { content } = fixture.deps;
    const size = content.size.bind(content);
    let removal: Promise<unknown> | undefined;
    // In the moment between the disk's answer and the reader of it.
    content.size = async (digest) => {
      const found = await size(digest);
      if (digest === image.digest && removal === undefined) await (removal = fixture.images.remove(name, forced));
      return found;
    };
    await fixture.images.pull(name, pulling());
    assert.notEqual(removal, undefined);
    assert.deepEqual(await missing(fixture), []);
    assert.equal((await fixture.census()).images, 1);
  });

  it('while a list describes its manifests is left out', async () => {
    await using fixture = imageFixture({ host: { os: 'linux', architecture: 'amd64' } });
    await fixture.load(streamOf(archive));
    const { content } = fixture.deps;
    const bytes = content.bytes.bind(content);
    let removal: Promise<unknown> | undefined;
    content.bytes = async (digest, maxBytes) => {
      if (digest === digestOf(images[2]!.manifest)) await (removal ??= fixture.images.remove(names[2]!, forced));
      return await bytes(digest, maxBytes);
    };
    const shown = await fixture.images.list({ all: true, filters: new Map(), sharedSize: true, digests: true, manifests: true });
    assert.deepEqual(shown.map(({ image }) => image.id).sort(), images.slice(0, 2).map(({ id }) => id).sort());
    assert.notEqual(removal, undefined);
  });
});
