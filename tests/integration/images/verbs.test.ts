import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { digestOf } from '../../../src/oci/digest.ts';
import type { ImageRecord } from '../../../src/store/records.ts';
import { describeManifest, dockerArchive, indexOf, layoutMembers, sample, streamOf, tarOf } from './archive-builder.ts';
import { embeddedImage, imageFixture, type ImageFixture } from './image-fixture.ts';

const host = { os: 'linux', architecture: 'amd64' };
const signal = new AbortController().signal;
const [old, recent] = [sample({ text: 'old', labels: { a: '1' } }), sample({ text: 'recent', created: '2024-01-01T00:00:00Z', labels: { a: '2', b: '' } })];
const nothing = { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 };
const gentle = { force: false, prune: true };
const forced = { force: true, prune: true };

/** The chain of one layer is its diffId. */
const layerOf = (image: typeof old): string => digestOf(image.layer);

async function withImages(): Promise<ImageFixture> {
  const fixture = imageFixture({ host });
  await fixture.load(streamOf(tarOf(layoutMembers(indexOf([describeManifest(old, 'docker.io/library/old:1'), describeManifest(recent, 'docker.io/team/recent:2')]), [old, recent]))));
  return fixture;
}

describe('resolve', () => {
  it('finds by name, id and prefix, names before ids', async () => {
    await using fixture = await withImages();
    for (const text of ['old:1', 'docker.io/library/old:1', old.id, old.id.slice(7), old.id.slice(7, 19), old.id.slice(0, 12)]) assert.equal(fixture.images.resolve(text).id, old.id, text);
    await fixture.images.tag(recent.id, old.id.slice(7, 19), 'latest');
    assert.equal(fixture.images.resolve(old.id.slice(7, 19)).id, recent.id);
  });
  it('says what it did not find as Docker does', async () => {
    await using fixture = await withImages();
    assert.throws(() => fixture.images.resolve('old'), { kind: 'notFound', message: 'No such image: old:latest' });
    assert.throws(() => fixture.images.resolve('f'.repeat(64)), { kind: 'notFound', message: `No such image: sha256:${'f'.repeat(64)}` });
    assert.throws(() => fixture.images.resolve('Bad'), { kind: 'invalid', message: 'invalid reference format: repository name (library/Bad) must be lowercase' });
  });
});

describe('list', () => {
  const cases: [filters: [string, string[]][], names: string[]][] = [
    [[], ['team/recent:2', 'old:1']],
    [[['label', ['a']]], ['team/recent:2', 'old:1']],
    [[['label', ['a=1']]], ['old:1']],
    [[['label', ['a', 'b']]], ['team/recent:2']],
    [[['before', ['team/recent:2']]], ['old:1']],
    [[['since', ['old:1']]], ['team/recent:2']],
    [[['reference', ['old']]], ['old:1']],
    [[['reference', ['*']]], ['old:1']],
    [[['reference', ['team/*', 'o?d:1']]], ['team/recent:2', 'old:1']],
    [[['until', ['2022-01-01']]], ['old:1']],
    [[['dangling', ['true']]], []],
    [[['dangling', ['false']]], ['team/recent:2', 'old:1']],
  ];
  for (const [filters, names] of cases) {
    it(`with ${JSON.stringify(filters)}`, async () => {
      await using fixture = await withImages();
      const found = await fixture.images.list({ all: false, filters: new Map(filters), sharedSize: false, digests: false });
      assert.deepEqual(found.flatMap((item) => item.repoTags), names);
    });
  }
  it('refuses filters it does not know', async () => {
    await using fixture = await withImages();
    for (const filter of [['x', ['y']], ['dangling', ['maybe']], ['until', ['soon']]] as [string, string[]][]) {
      await assert.rejects(fixture.images.list({ all: false, filters: new Map([filter]), sharedSize: false, digests: false }), { kind: 'invalid' });
    }
  });
  it('counts the containers of each image', async () => {
    await using fixture = await withImages();
    fixture.users.set(old.id, [{ containerId: 'c'.repeat(64), running: false }, { containerId: 'd'.repeat(64), running: true }]);
    const found = await fixture.images.list({ all: false, filters: new Map(), sharedSize: false, digests: false });
    assert.deepEqual(found.map(({ image, containers }) => [image.id, containers]), [[recent.id, 0], [old.id, 2]]);
  });
});

describe('inspect and history', () => {
  it('show the config as stored, and one step a line, newest first', async () => {
    await using fixture = await withImages();
    assert.deepEqual((await fixture.images.inspect('old:1', {})).configJson, JSON.parse(old.config.toString()));
    const history = await fixture.images.history('old:1');
    assert.deepEqual(history.map(({ id, createdBy, sizeBytes }) => [id, createdBy, sizeBytes]), [[old.id, 'hello', 3], ['<missing>', 'a step', 0]]);
  });
});

describe('remove', () => {
  it('takes a name away before the image, and content with the last one', async () => {
    await using fixture = await withImages();
    await fixture.images.tag('old:1', 'other', 'x');
    assert.deepEqual(await fixture.images.remove('other:x', gentle), [{ untagged: 'other:x' }]);
    assert.deepEqual(await fixture.images.remove('old:1', gentle), [{ untagged: 'old:1' }, { deleted: old.id }, { deleted: layerOf(old) }]);
    await fixture.images.remove('team/recent:2', gentle);
    assert.deepEqual(await fixture.census(), nothing);
    assert.deepEqual(fixture.events.map((event) => event.action), ['load', 'load', 'tag', 'untag', 'untag', 'delete', 'untag', 'delete']);
  });
  it('takes unnamed parents along, unless they are to be kept', async () => {
    for (const prune of [true, false]) {
      await using fixture = await withImages();
      const images = fixture.deps.metadata.table<ImageRecord>('images');
      images.put(recent.id, { ...(images.get(recent.id) as ImageRecord), parent: old.id });
      await assert.rejects(fixture.images.remove(old.id, forced), { message: /image has dependent child images/ });
      assert.deepEqual(await fixture.images.remove('old:1', gentle), [{ untagged: 'old:1' }]);
      const removed = await fixture.images.remove('team/recent:2', { force: false, prune });
      assert.deepEqual(removed.slice(1), [{ deleted: recent.id }, { deleted: layerOf(recent) }, ...(prune ? [{ deleted: old.id }, { deleted: layerOf(old) }] : [])]);
    }
  });
  for (const repository of ['other', 'old']) it(`by id wants force when several tags name it: old:1 and ${repository}:x`, async () => {
    await using fixture = await withImages();
    await fixture.images.tag('old:1', repository, 'x');
    const id = old.id.slice(7, 19);
    await assert.rejects(fixture.images.remove(id, gentle), { kind: 'conflict', message: `conflict: unable to delete ${id} (must be forced) - image is referenced in multiple repositories` });
    assert.deepEqual((await fixture.images.remove(id, forced)).length, 4);
  });
  it('by name refuses while containers use it; forced, the image goes, or its name alone where one of them runs', async () => {
    await using fixture = await withImages();
    fixture.users.set(old.id, [{ containerId: 'c'.repeat(64), running: false }]);
    await assert.rejects(fixture.images.remove('old:1', gentle), { message: `conflict: unable to remove repository reference "old:1" (must force) - container cccccccccccc is using its referenced image ${old.id.slice(7, 19)}` });
    assert.deepEqual((await fixture.images.remove('old:1', forced)).slice(0, 2), [{ untagged: 'old:1' }, { deleted: old.id }]);
    assert.throws(() => fixture.images.resolve(old.id), { kind: 'notFound' });
    fixture.users.set(recent.id, [{ containerId: 'd'.repeat(64), running: true }]);
    await assert.rejects(fixture.images.remove(recent.id, forced), { message: /\(cannot be forced\) - image is being used by running container dddddddddddd/ });
    assert.deepEqual(await fixture.images.remove('team/recent:2', forced), [{ untagged: 'team/recent:2' }]);
    assert.equal(fixture.images.resolve(recent.id).id, recent.id);
  });
});

describe('prune', () => {
  it('removes unnamed images that nobody uses, or all of them, and tells how much came free', async () => {
    await using fixture = await withImages();
    fixture.users.set(recent.id, [{ containerId: 'c'.repeat(64), running: false }]);
    await fixture.images.tag('team/recent:2', 'old', '1');
    const { deleted, reclaimedBytes } = await fixture.images.prune(new Map());
    assert.deepEqual(deleted, [{ deleted: old.id }, { deleted: layerOf(old) }]);
    assert.ok(reclaimedBytes > 1000);
    assert.deepEqual((await fixture.images.prune(new Map([['dangling', ['false']]]))).deleted, []);
    fixture.users.clear();
    assert.equal((await fixture.images.prune(new Map([['dangling', ['false']]]))).deleted.at(-1)?.hasOwnProperty('deleted'), true);
    assert.deepEqual(await fixture.census(), nothing);
  });
});

describe('save', () => {
  const bytesOf = async (stream: Promise<Readable>): Promise<Buffer> => await buffer(await stream);

  it('writes the same bytes each time, that load as the same images', async () => {
    await using fixture = await withImages();
    await fixture.images.tag('old:1', 'old', '2');
    const tar = await bytesOf(fixture.images.save(['old', 'team/recent:2'], { signal }));
    assert.deepEqual(await bytesOf(fixture.images.save(['old', 'team/recent:2'], { signal })), tar);
    await using again = imageFixture({ host });
    await again.load(streamOf(tar));
    assert.equal(again.images.resolve('old:2').id, old.id);
    assert.deepEqual(await again.census(), { blobs: 6, layers: 2, leases: 0, images: 2, references: 3 });
    assert.equal((await fixture.census()).leases, 0);
    await assert.rejects(fixture.images.save(['absent'], { signal }), { kind: 'notFound', message: 'No such image: absent' });
  });

  it('is read by skopeo as both formats, and unpacked by umoci', { skip: ['skopeo', 'umoci'].some((tool) => !existsSync(`/usr/bin/${tool}`)) && 'skopeo or umoci is not installed' }, async () => {
    await using fixture = await withImages();
    const file = join(fixture.directory, 'saved.tar');
    writeFileSync(file, await bytesOf(fixture.images.save(['old:1', 'team/recent:2'], { signal })));
    const skopeo = (...args: string[]): string => execFileSync('skopeo', args, { encoding: 'utf8', env: { ...process.env, TMPDIR: fixture.directory } });
    assert.equal(digestOf(skopeo('inspect', '--raw', '--config', `docker-archive:${file}:old:1`)), old.id);
    assert.equal(digestOf(skopeo('inspect', '--raw', `oci-archive:${file}:2`)), digestOf(recent.manifest));
    const layout = join(fixture.directory, 'layout');
    mkdirSync(layout);
    execFileSync('tar', ['-xf', file, '-C', layout]);
    execFileSync('umoci', ['unpack', '--image', `${layout}:2`, join(fixture.directory, 'bundle')], { stdio: 'pipe' });
    assert.equal(readFileSync(join(fixture.directory, 'bundle/rootfs/hello'), 'utf8'), 'recent');
  });

  it('reads back what skopeo made of it', { skip: !existsSync('/usr/bin/skopeo') && 'skopeo is not installed' }, async () => {
    await using fixture = await withImages();
    const file = join(fixture.directory, 'saved.tar');
    writeFileSync(file, await bytesOf(fixture.images.save(['old:1'], { signal })));
    const copied = join(fixture.directory, 'copied.tar');
    execFileSync('skopeo', ['copy', '-q', `docker-archive:${file}:old:1`, `docker-archive:${copied}:again:3`], { env: { ...process.env, TMPDIR: fixture.directory } });
    await fixture.load(streamOf(readFileSync(copied)));
    assert.equal(fixture.images.resolve('again:3').layers[0]?.diffId, digestOf(old.layer));
  });
});

describe('import', () => {
  const options = { repository: '', tag: '', message: '', changes: [] as string[], progress: () => {}, signal };
  it('makes a one-layer image with the changes asked for', async () => {
    await using fixture = imageFixture({ host });
    const id = await fixture.images.import(streamOf(old.layer), { ...options, repository: 'mine', changes: ['CMD ["/hello"]', 'ENV A=b'], platform: 'linux/arm64' });
    const image = fixture.images.resolve('mine');
    assert.deepEqual([image.id, image.layers[0]?.diffId, image.config, image.platform.architecture], [id, digestOf(old.layer), { cmd: ['/hello'], env: ['A=b'] }, 'arm64']);
  });
  it('refuses before it reads, and leaves nothing of a broken tar', async () => {
    await using fixture = imageFixture({ host });
    await assert.rejects(fixture.images.import(streamOf(old.layer), { ...options, changes: ['RUN x'] }), { message: 'RUN is not a valid change command' });
    await assert.rejects(fixture.images.import(streamOf(old.layer), { ...options, repository: 'Bad' }), { kind: 'invalid' });
    for (const bytes of [600, 511, 3, 1]) await assert.rejects(fixture.images.import(streamOf(old.layer.subarray(0, bytes)), options), { kind: 'invalid', message: /truncated/ }, String(bytes));
    assert.deepEqual(await fixture.census(), nothing);
  });
});

describe('pull', () => {
  const options = { progress: () => {}, signal };
  it('loads the embedded image without a network, under its short name', { skip: !existsSync(embeddedImage.path) && 'the embedded image is not built' }, async () => {
    await using fixture = imageFixture();
    await fixture.images.pull('gantry/busybox', options);
    assert.deepEqual(fixture.images.resolve('gantry/busybox').config.cmd, ['sh']);
  });
  it('refuses others by name while there is no registry client', async () => {
    await using fixture = imageFixture({ host });
    await assert.rejects(fixture.images.pull('alpine', options), { kind: 'notImplemented', message: /cannot pull alpine:latest/ });
    await assert.rejects(fixture.images.pull('Bad', options), { kind: 'invalid' });
    await fixture.load(streamOf(tarOf(dockerArchive(old, ['foo']))));
    await assert.rejects(fixture.images.push('foo', options), { kind: 'notImplemented' });
    await assert.rejects(fixture.images.push('absent', options), { kind: 'notFound', message: 'An image does not exist locally with the tag: absent' });
  });
});
