import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeManifest, indexOf, layoutMembers, sample, streamOf, tarOf } from './archive-builder.ts';
import { imageFixture, type ImageFixture } from './image-fixture.ts';
import type { ImageRecord } from '../../../src/store/records.ts';

const rounds = 25;
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
