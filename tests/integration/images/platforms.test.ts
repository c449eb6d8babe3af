import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { hostArchitecture } from '../../../src/host/architecture.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { collect } from '../../../src/store/collect/collect.ts';
import type { ProgressLine } from '../../../src/engine/images/verbs.ts';
import { startRegistry } from '../registry/support.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { describeManifest, indexOf, layoutMembers, sample, streamOf, tarOf } from './archive-builder.ts';
import { imageFixture, type ImageFixture } from './image-fixture.ts';
import { pulling, registryPort } from './registry-fixture.ts';

const architecture = hostArchitecture();
const other = architecture === 'amd64' ? 'arm64' : 'amd64';
const mine = sample({ architecture });
const theirs = sample({ architecture: other, text: 'theirs' });
const inner = indexOf([describeManifest(mine), describeManifest(theirs)]);
const name = 'docker.io/team/multi:v1';
const top = indexOf([{ mediaType: mediaTypes.ociIndex, digest: digestOf(inner), size: inner.length, annotations: { 'io.containerd.image.name': name } }]);
const archive = tarOf([...layoutMembers(top, [mine, theirs]), { name: `blobs/sha256/${digestOf(inner).slice(7)}`, body: inner }]);
const signal = new AbortController().signal;
const list = (fixture: ImageFixture) => fixture.images.list({ all: true, filters: new Map(), sharedSize: false, digests: false });

describe('an archive for several platforms', () => {
  it('is one image; the others are there by --platform, and are unpacked when used', async () => {
    await using fixture = imageFixture();
    await fixture.load(streamOf(archive));
    assert.deepEqual((await list(fixture)).map(({ image, repoTags }) => [image.id, repoTags]), [[mine.id, ['team/multi:v1']]]);
    assert.deepEqual(await fixture.census(), { blobs: 7, layers: 1, leases: 0, images: 2, references: 1 });
    const foreign = fixture.images.resolve('team/multi:v1', `linux/${other}`);
    assert.equal(foreign.id, theirs.id);
    assert.deepEqual((await fixture.images.inspect('team/multi:v1', { platform: `linux/${other}` })).repoTags, ['team/multi:v1']);
    await fixture.images.unpack(foreign);
    await collect(fixture.deps);
    assert.equal((await fixture.census()).layers, 2);
    assert.throws(() => fixture.images.resolve('team/multi:v1', 'linux/s390x'), { kind: 'notFound' });
  });

  it('goes as a whole: prune leaves its parts, rmi takes them all', async () => {
    await using fixture = imageFixture();
    await fixture.load(streamOf(archive));
    assert.deepEqual((await fixture.images.prune(new Map())).deleted, []);
    const removed = await fixture.images.remove('team/multi:v1', { force: false, prune: true });
    assert.deepEqual(removed, [{ untagged: 'team/multi:v1' }, { deleted: mine.id }, { deleted: digestOf(mine.layer) }, { deleted: digestOf(theirs.layer) }]);
    assert.deepEqual(await fixture.census(), { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 });
    await fixture.load(streamOf(archive));
    await fixture.images.prune(new Map([['dangling', ['false']]]));
    assert.deepEqual(await fixture.census(), { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 });
  });

  it('gives up single platforms: their content goes, the names stay with what is left', async () => {
    await using fixture = imageFixture();
    await fixture.load(streamOf(archive));
    const removing = (platforms: string[]) => fixture.images.remove('team/multi:v1', { force: false, prune: true, platforms });
    await assert.rejects(removing(['linux/s390x']), { kind: 'notFound', message: /does not match the specified platform \(linux\/s390x\)/ });
    fixture.users.set(mine.id, [{ containerId: 'c'.repeat(64), running: false }]);
    await assert.rejects(removing([`linux/${architecture}`]), { kind: 'conflict', message: /\(must be forced\) - image is being used by stopped container cccccccccccc/ });
    assert.deepEqual(await fixture.images.remove('team/multi:v1', { force: true, prune: true, platforms: [`linux/${architecture}`] }), [{ deleted: mine.id }]);
    fixture.users.clear();
    assert.equal(fixture.images.resolve('team/multi:v1').id, theirs.id);
    assert.deepEqual(await fixture.census(), { blobs: 4, layers: 0, leases: 0, images: 1, references: 1 }, 'the top of the archive is nobody\'s, the index and one platform stay');
    await fixture.load(streamOf(archive));
    assert.deepEqual([fixture.images.resolve('team/multi:v1').id, (await fixture.census()).blobs], [mine.id, 7]);
    assert.deepEqual(await removing([`linux/${architecture}`, `linux/${other}`]), [{ untagged: 'team/multi:v1' }, { deleted: mine.id }, { deleted: digestOf(mine.layer) }, { deleted: digestOf(theirs.layer) }]);
    assert.equal((await fixture.census()).blobs, 0);
  });

  it('comes out of save as it went in, and one platform alone when asked', async () => {
    await using fixture = imageFixture();
    await fixture.load(streamOf(archive));
    const saved = await buffer(await fixture.images.save(['team/multi:v1'], { signal }));
    await using again = imageFixture();
    await again.load(streamOf(saved));
    assert.equal(again.images.resolve('team/multi:v1').index, digestOf(inner));
    assert.equal((await again.census()).blobs, 7);
    const one = await buffer(await fixture.images.save(['team/multi:v1'], { signal, platform: `linux/${other}` }));
    await using single = imageFixture();
    await single.load(streamOf(one));
    assert.deepEqual([single.images.resolve('team/multi:v1').id, (await single.census()).blobs], [theirs.id, 3]);
  });

  it('is pushed whole; a part of it when asked', async () => {
    await using registry = await startRegistry();
    await using fixture = imageFixture({ registry: registryPort() });
    await fixture.load(streamOf(archive));
    await fixture.images.tag('team/multi:v1', `${registry.host}/multi`, 'all');
    await fixture.images.tag('team/multi:v1', `${registry.host}/multi`, 'one');
    await fixture.images.push(`${registry.host}/multi:all`, pulling());
    await fixture.images.push(`${registry.host}/multi:one`, pulling([], { platform: `linux/${other}` }));
    const client = createRegistryClient({});
    const at = async (tag: string): Promise<string> => (await client.getManifest({ registry: registry.host, name: 'multi' }, tag)).descriptor.digest;
    assert.deepEqual([await at('all'), await at('one')], [digestOf(inner), digestOf(theirs.manifest)]);
    client.close();
  });

  it('that was pulled in part is pushed as that part, with a note; whole once all of it is here', async () => {
    await using registry = await startRegistry();
    await using source = imageFixture({ registry: registryPort() });
    await source.load(streamOf(archive));
    await source.images.tag('team/multi:v1', `${registry.host}/from`, 'v1');
    await source.images.push(`${registry.host}/from:v1`, pulling());
    await using fixture = imageFixture({ registry: registryPort() });
    const pushed = async (tag: string): Promise<unknown[]> => {
      const lines: ProgressLine[] = [];
      await fixture.images.tag(`${registry.host}/from:v1`, `${registry.host}/to`, tag);
      await fixture.images.push(`${registry.host}/to:${tag}`, pulling(lines));
      return lines.flatMap(({ aux }) => (aux === undefined ? [] : [aux]));
    };
    await fixture.images.pull(`${registry.host}/from:v1`, pulling());
    const [note, result] = (await pushed('part')) as { manifestPushedInsteadOfIndex: boolean; originalIndex: { digest: string }; selectedManifest: { digest: string }; Digest: string }[];
    assert.deepEqual([note!.manifestPushedInsteadOfIndex, note!.originalIndex.digest, note!.selectedManifest.digest], [true, digestOf(inner), digestOf(mine.manifest)]);
    assert.equal(result!.Digest, digestOf(mine.manifest));
    await fixture.images.pull(`${registry.host}/from:v1`, pulling([], { platform: `linux/${other}` }));
    assert.deepEqual(await pushed('whole'), [{ Tag: 'whole', Digest: digestOf(inner), Size: inner.length }]);
  });

  it('goes by what each name stands for, though they are one image: the index, or its manifest', async () => {
    await using registry = await startRegistry();
    await using fixture = imageFixture({ registry: registryPort() });
    await fixture.load(streamOf(archive));
    const name = (tag: string): string => `${registry.host}/names:${tag}`;
    const pushed = async (tag: string, options = {}): Promise<string> => {
      const lines: ProgressLine[] = [];
      await fixture.images.push(name(tag), pulling(lines, options));
      return (lines.flatMap(({ aux }) => (aux === undefined ? [] : [aux])).at(-1) as { Digest: string }).Digest;
    };
    await fixture.images.tag('team/multi:v1', `${registry.host}/names`, 'one');
    await pushed('one', { platform: `linux/${architecture}` });
    await fixture.images.tag('team/multi:v1', `${registry.host}/names`, 'all');
    await pushed('all');
    await fixture.images.pull(name('one'), pulling());
    await fixture.images.pull(name('all'), pulling());
    for (const [tag, from] of [['single', 'one'], ['whole', 'all']] as const) await fixture.images.tag(name(from), `${registry.host}/names`, tag);
    assert.deepEqual([await pushed('single'), await pushed('whole')], [digestOf(mine.manifest), digestOf(inner)]);
    await using again = imageFixture();
    await again.load(streamOf(await buffer(await fixture.images.save([name('single'), name('whole')], { signal }))));
    const targets = [name('single'), name('whole')].map((text) => again.deps.metadata.table<{ target: string }>('references').get(text)?.target);
    assert.deepEqual(targets, [digestOf(mine.manifest), digestOf(inner)]);
  });

  it('tells of each platform what is here and what it weighs; layers of several images count once', async () => {
    await using fixture = imageFixture();
    await fixture.load(streamOf(archive));
    await fixture.images.tag('team/multi:v1', 'again', 'v1');
    const [image] = await fixture.images.list({ all: false, filters: new Map(), sharedSize: true, digests: false, manifests: true });
    assert.deepEqual(image!.manifests!.map(({ descriptor, available, kind, platform, unpackedBytes }) => [descriptor.digest, available, kind, platform?.architecture, unpackedBytes > 0]), [
      [digestOf(mine.manifest), true, 'image', architecture, true], [digestOf(theirs.manifest), true, 'image', other, false],
    ]);
    assert.equal(image!.manifests![0]!.contentBytes, mine.blob.length + mine.config.length + mine.manifest.length);
    assert.equal(fixture.images.layerBytes(), image!.sizeBytes);
  });
});
