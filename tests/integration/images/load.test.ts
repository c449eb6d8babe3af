import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ProgressLine } from '../../../src/engine/images/verbs.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { mount, mountOverlay, unmount } from '../../../src/host/mount.ts';
import { blobMember, describeManifest, dockerArchive, indexOf, layoutMembers, sample, streamOf, tarOf, type Member } from './archive-builder.ts';
import { imageFixture } from './image-fixture.ts';

const nothing = { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 };
const host = { os: 'linux', architecture: 'amd64' };
const loads = (members: Member[]) => streamOf(tarOf(members));

/** As oras makes them: an empty config, and a blob of any kind. */
function artifact(more: object = {}): [Member[], object] {
  const [config, blob] = [Buffer.from('{}'), Buffer.from('hello')];
  const described = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: 'application/vnd.test', config: described('application/vnd.oci.empty.v1+json', config), layers: [described('text/plain', blob)], ...more,
  }));
  return [[config, blob, manifest].map(blobMember), described(mediaTypes.ociManifest, manifest)];
}

describe('load', () => {
  it('brings a docker-archive of any compression in, and its root filesystem can be mounted', async () => {
    const image = sample();
    const tar = tarOf(dockerArchive(image, ['foo:v1', 'bar']));
    const frames = [tar.subarray(0, 1000), tar.subarray(1000)].map((part) => zstdCompressSync(part));
    for (const bytes of [tar, gzipSync(tar), zstdCompressSync(tar), Buffer.concat(frames), execFileSync('xz', ['-c'], { input: tar }), execFileSync('bzip2', ['-c'], { input: tar })]) {
      await using fixture = imageFixture({ host });
      await fixture.load(streamOf(bytes));
      assert.deepEqual(fixture.lines, [{ stream: 'Loaded image: foo:v1\n' }, { stream: 'Loaded image: bar:latest\n' }]);
      const found = fixture.images.resolve('bar');
      assert.equal(found.id, image.id);
      const lowers = await fixture.deps.snapshots.acquire(found.layers.map((layer) => layer.chainId));
      const target = join(fixture.directory, 'mounted');
      mkdirSync(target);
      mountOverlay({ lower: lowers.directories, target });
      try {
        assert.equal(readFileSync(join(target, 'hello'), 'utf8'), 'hello');
      } finally {
        unmount(target, { lazy: true });
        await lowers.release();
      }
      assert.deepEqual(await fixture.census(), { blobs: 3, layers: 1, leases: 0, images: 1, references: 2 });
    }
  });

  it('follows the links by which older archives share layers', async () => {
    await using fixture = imageFixture({ host });
    const members = dockerArchive(sample(), ['foo']).map((member) => (member.name === 'abc/layer.tar' ? { ...member, name: 'real/layer.tar' } : member));
    await fixture.load(loads([{ name: 'abc/layer.tar', type: 'symlink', linkName: '../real/layer.tar' }, ...members]));
    assert.equal(fixture.images.resolve('foo').layers.length, 1);
  });

  it('takes another platform where an index has none for this machine, and nobody asked for one', async () => {
    const arm = sample({ architecture: 'arm64' });
    const inner = indexOf([describeManifest(sample()), describeManifest(arm)]);
    const outer = indexOf([{ mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf(inner), size: inner.length, annotations: { 'io.containerd.image.name': 'docker.io/library/multi:1' } }]);
    await using fixture = imageFixture({ host });
    await fixture.load(loads([...layoutMembers(outer, [arm]), blobMember(inner)]));
    assert.equal(fixture.images.resolve('multi:1').id, arm.id);
  });

  it('leaves signatures and other artifacts of a layout where they are', async () => {
    await using fixture = imageFixture({ host });
    const image = sample();
    const [signature, description] = artifact({ subject: describeManifest(image) });
    await fixture.load(loads([...layoutMembers(indexOf([description, describeManifest(image, 'docker.io/library/signed:1')]), [image]), ...signature]));
    assert.deepEqual([fixture.images.resolve('signed:1').id, await fixture.census()], [image.id, { blobs: 3, layers: 1, leases: 0, images: 1, references: 1 }]);
  });

  it('takes a config whose type nobody said', async () => {
    for (const mediaType of [undefined, 'application/octet-stream']) {
      await using fixture = imageFixture({ host });
      const image = sample();
      const manifest = JSON.parse(image.manifest.toString()) as { config: object };
      const other = { ...image, manifest: Buffer.from(JSON.stringify({ ...manifest, config: { ...manifest.config, mediaType } })) };
      await fixture.load(loads(layoutMembers(indexOf([describeManifest(other, 'docker.io/library/x:1')]), [other])));
      assert.equal(fixture.images.resolve('x:1').id, image.id);
    }
  });

  it('tells how far each new layer is, unless it is to be quiet', async () => {
    await using fixture = imageFixture({ host });
    const image = sample();
    const [lines, options] = [[] as ProgressLine[], { quiet: false, signal: new AbortController().signal }];
    const load = () => fixture.images.load(loads(dockerArchive(image, ['x'])), { ...options, progress: (line) => lines.push(line) });
    await load();
    assert.deepEqual(lines, [
      { status: 'Loading layer', id: digestOf(image.layer).slice(7, 19), progress: { current: image.layer.length, total: image.layer.length } }, { stream: 'Loaded image: x:latest\n' },
    ]);
    lines.length = 0;
    await load();
    assert.deepEqual(lines, [{ stream: 'Loaded image: x:latest\n' }]);
  });

  it('chooses the platform of this machine from a nested index, or the one that was asked for', async () => {
    const [arm, amd] = [sample({ architecture: 'arm64', text: 'arm' }), sample({ text: 'amd' })];
    const inner = indexOf([describeManifest(arm), describeManifest(amd)]);
    const outer = indexOf([{ mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf(inner), size: inner.length, annotations: { 'io.containerd.image.name': 'docker.io/library/multi:1' } }]);
    const members = [...layoutMembers(outer, [arm, amd]), blobMember(inner)];
    await using fixture = imageFixture({ host });
    await fixture.load(loads(members));
    assert.deepEqual([fixture.images.resolve('multi:1').id, fixture.images.resolve('multi:1').index], [amd.id, digestOf(inner)]);
    await fixture.load(loads(members), 'linux/arm64');
    assert.equal(fixture.images.resolve('multi:1').id, arm.id);
    assert.equal(fixture.images.resolve('multi:1', 'linux/amd64').id, amd.id);
    assert.throws(() => fixture.images.resolve('multi:1', 'linux/s390x'), { kind: 'notFound', message: /its platform \(linux\/arm64\) does not match the specified platform \(linux\/s390x\)/ });
  });

  it('loads several images, with and without names, and an image twice', async () => {
    const [a, b] = [sample({ text: 'a' }), sample({ text: 'b' })];
    await using fixture = imageFixture({ host });
    const members = layoutMembers(indexOf([describeManifest(a, 'docker.io/library/a:1'), describeManifest(b)]), [a, b]);
    await fixture.load(loads(members));
    await fixture.load(loads(members));
    assert.deepEqual(fixture.lines.slice(0, 2), [{ stream: 'Loaded image: a:1\n' }, { stream: `Loaded image ID: ${b.id}\n` }]);
    assert.deepEqual(await fixture.census(), { blobs: 6, layers: 2, leases: 0, images: 2, references: 1 });
  });
});

describe('load refuses, and leaves nothing', () => {
  const image = sample({ bytes: 3 << 20 });
  const named = (members: Member[]) => loads(members);
  const layout = (change: (member: Member) => Member | undefined) =>
    named(layoutMembers(indexOf([describeManifest(image, 'x:1')]), [image]).map(change).filter((member) => member !== undefined));
  const isBlob = (member: Member) => member.body === image.blob;
  const cases: [what: string, archive: () => ReturnType<typeof streamOf>, expected: object, platform?: string][] = [
    ['a layer whose bytes differ', () => layout((member) => (isBlob(member) ? { ...member, body: Buffer.concat([image.blob.subarray(0, -1), Buffer.from([1])]) } : member)), { kind: 'invalid', message: new RegExp(`${digestOf(image.blob)} is corrupt: content digest mismatch`) }],
    ['a layer that is cut short', () => layout((member) => (isBlob(member) ? { ...member, body: image.blob.subarray(0, 2 << 20) } : member)), { kind: 'invalid', message: /is corrupt/ }],
    ['a layer that is missing', () => layout((member) => (isBlob(member) ? undefined : member)), { kind: 'invalid', message: /the archive holds no "blobs\/sha256/ }],
    ['an archive that is cut short', () => streamOf(tarOf(layoutMembers(indexOf([describeManifest(image)]), [image])).subarray(0, 1 << 20)), { kind: 'invalid', message: /truncated/ }],
    ['a compressed archive that is cut short', () => streamOf(gzipSync(tarOf(layoutMembers(indexOf([describeManifest(image)]), [image])), { level: 0 }).subarray(0, 1 << 20)), { kind: 'invalid', message: /broken gzip data: unexpected EOF/ }],
    ['what is no archive', () => streamOf(Buffer.alloc(4096, 'no tar')), { kind: 'invalid' }],
    ['an empty archive', () => loads([]), { kind: 'invalid', message: /neither index.json nor manifest.json/ }],
    ['an index without the platform that was asked for', () => { const arm = sample({ architecture: 'arm64' }); const inner = indexOf([describeManifest(arm)]); return loads([...layoutMembers(indexOf([{ mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf(inner), size: inner.length }]), [arm]), blobMember(inner)]); }, { kind: 'notFound', message: 'no matching manifest for linux/s390x in the manifest list entries' }, 'linux/s390x'],
    ['an image of another system', () => loads(dockerArchive(sample({ os: 'windows' }), ['x'])), { kind: 'invalid', message: 'cannot load windows image on linux' }],
    ['an artifact', () => { const [members, description] = artifact(); return loads([...layoutMembers(indexOf([description]), []), ...members]); }, { kind: 'invalid', message: 'unsupported media type application/vnd.oci.empty.v1+json' }],
    ['a digest as the name of an image', () => loads(dockerArchive(image, [`x@${digestOf('trusted')}`])), { kind: 'invalid', message: /^invalid tag "x@sha256:/ }],
    ['the digest of something else as a name in a layout', () => loads(layoutMembers(indexOf([describeManifest(image, `docker.io/library/x@${digestOf('trusted')}`)]), [image])), { kind: 'invalid', message: /^invalid name .* of sha256:/ }],
    ['a name that reads like a digest', () => loads(dockerArchive(image, ['sha256:x'])), { kind: 'invalid', message: /ambiguous tag using digest algorithm as name/ }],
    ['another platform than the one asked for', () => loads(dockerArchive(image, ['x'])), { kind: 'notFound', message: /linux\/arm64/ }, 'linux/arm64'],
    ['another platform than the one asked for, in a layout that is silent of it', () => { const silent = { ...describeManifest(image, 'x:1'), platform: undefined }; return loads(layoutMembers(indexOf([silent]), [image])); }, { kind: 'notFound', message: /linux\/arm64/ }, 'linux/arm64'],
    ['more layers than the config lists', () => loads(dockerArchive(image, ['x']).map((member) => (member.name === 'manifest.json' ? { ...member, body: String(member.body).replace('["abc/layer.tar"]', '["abc/layer.tar","abc/layer.tar"]') } : member))), { kind: 'invalid', message: /layers length mismatch: expected 1, got 2/ }],
  ];
  for (const [what, archive, expected, platform] of cases) {
    it(what, async () => {
      await using fixture = imageFixture({ host });
      await assert.rejects(fixture.load(archive(), platform), expected);
      assert.deepEqual(await fixture.census(), nothing);
    });
  }

  it('a layer whose diffID is another, naming the layer', async () => {
    const bad = sample({ diffId: digestOf('other') });
    await using fixture = imageFixture({ host });
    await assert.rejects(fixture.load(loads(layoutMembers(indexOf([describeManifest(bad)]), [bad]))), { kind: 'invalid', message: new RegExp(`failed to register layer ${digestOf(bad.blob)}: layer digest mismatch`) });
    assert.deepEqual(await fixture.census(), nothing);
  });

  it('a hostile layer, and the good ones of the same archive with it', async () => {
    const evil = sample();
    const layer = tarOf([{ name: '../../evil', body: 'x' }]);
    const config = Buffer.from(evil.config.toString().replace(digestOf(evil.layer), digestOf(layer)));
    const manifest = Buffer.from(JSON.stringify([{ Config: 'good', RepoTags: ['good'], Layers: ['g'] }, { Config: 'evil', RepoTags: ['evil'], Layers: ['e'] }]));
    await using fixture = imageFixture({ host });
    await assert.rejects(
      fixture.load(loads([{ name: 'good', body: evil.config }, { name: 'g', body: evil.layer }, { name: 'evil', body: config }, { name: 'e', body: layer }, { name: 'manifest.json', body: manifest }])),
      { kind: 'invalid', message: /leads out of its directory/ },
    );
    assert.deepEqual(await fixture.census(), nothing);
  });

  it('an archive that a person stops', async () => {
    await using fixture = imageFixture({ host });
    const stopped = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(fixture.images.load(loads(dockerArchive(image, ['x'])), { quiet: true, progress: () => {}, signal: stopped }), /stopped/);
    assert.deepEqual(await fixture.census(), nothing);
  });

  it('what does not fit on the disk', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'gantry-full-'));
    mount('tmpfs', disk, { type: 'tmpfs', data: 'size=5m' });
    try {
      await using fixture = imageFixture({ host }, disk);
      await assert.rejects(fixture.load(loads(layoutMembers(indexOf([describeManifest(image)]), [image]))), { kind: 'exhausted', message: /no space left on device/ });
      assert.deepEqual(await fixture.census(), nothing);
    } finally {
      unmount(disk, { lazy: true });
      rmSync(disk, { recursive: true });
    }
  });
});
