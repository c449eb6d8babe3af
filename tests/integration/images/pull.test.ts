import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { hostArchitecture } from '../../../src/host/architecture.ts';
import { mount, unmount } from '../../../src/host/mount.ts';
import { shortId } from '../../../src/base/ids.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import type { ProgressLine } from '../../../src/engine/images/verbs.ts';
import { Leases } from '../../../src/store/leases/leases.ts';
import { recoverStore } from '../../../src/store/collect/collect.ts';
import { startFake, startRegistry } from '../registry/support.ts';
import { countingProxy } from './counting-proxy.ts';
import { imageFixture } from './image-fixture.ts';
import { imageOf, indexOf, publish, publishImage, pulling, randomLayer, registryPort, statuses, type MadeImage } from './registry-fixture.ts';

const architecture = hostArchitecture();
const other = architecture === 'amd64' ? 'arm64' : 'amd64';

describe('pull', () => {
  it('brings an image by tag and by digest, with Docker\'s lines, and says when there is nothing new', async () => {
    await using registry = await startRegistry();
    await using fixture = imageFixture({ registry: registryPort() });
    const image = imageOf([randomLayer('a', 100_000), randomLayer('b', 1000)], { architecture });
    await publishImage(registry.host, 'team/web', 'v1', image);
    const lines: ProgressLine[] = [];
    await fixture.images.pull(`${registry.host}/team/web:v1`, pulling(lines));
    const said = statuses(lines);
    const [first, second] = image.layers.map(({ digest }) => shortId(digest));
    assert.equal(said[0], 'v1: Pulling from team/web');
    assert.deepEqual(said.slice(-2), [`Digest: ${image.digest}`, `Status: Downloaded newer image for ${registry.host}/team/web:v1`]);
    for (const id of [first, second]) {
      assert.deepEqual(said.filter((line) => line.startsWith(`${id}:`)), ['Pulling fs layer', 'Verifying Checksum', 'Download complete', 'Pull complete'].map((status) => `${id}: ${status}`));
    }
    const bars = lines.filter(({ id, progress }) => id === first && progress !== undefined);
    assert.deepEqual([...new Set(bars.map(({ status }) => status))], ['Downloading', 'Extracting']);
    assert.ok(bars.every(({ progress }) => progress?.total === image.layers[0]?.size));
    assert.deepEqual(await fixture.images.inspect(`${registry.host}/team/web:v1`, {}).then(({ repoDigests }) => repoDigests), [`${registry.host}/team/web@${image.digest}`]);

    const again: ProgressLine[] = [];
    await fixture.images.pull(`${registry.host}/team/web@${image.digest}`, pulling(again));
    const whole = `${registry.host}/team/web@${image.digest}`;
    assert.deepEqual(statuses(again), [`${whole}: Pulling from team/web`, `Digest: ${image.digest}`, `Status: Image is up to date for ${whole}`]);
    const both: ProgressLine[] = [];
    await fixture.images.pull(`${registry.host}/team/web:v1@${image.digest}`, pulling(both));
    assert.deepEqual(statuses(both).slice(-1), [`Status: Image is up to date for ${registry.host}/team/web:v1@${image.digest}`]);
    assert.deepEqual(await fixture.census(), { blobs: 4, layers: 2, leases: 0, images: 1, references: 2 });
  });

  it('shares layers with images that are here, and brings every tag when asked', async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    await using fixture = imageFixture({ registry: registryPort() });
    const base = randomLayer('base', 200_000);
    await publishImage(registry.host, 'a', 'one', imageOf([base], { architecture }));
    const two = imageOf([base, randomLayer('top', 5000)], { architecture });
    await publishImage(registry.host, 'a', 'two', two);
    await fixture.images.pull(`${proxy.host}/a:one`, pulling());
    proxy.blobBytes = 0;
    const lines: ProgressLine[] = [];
    await fixture.images.pull(`${proxy.host}/a`, pulling(lines, { allTags: true }));
    assert.equal(proxy.blobBytes, two.config.length + two.layers[1]!.size);
    assert.ok(statuses(lines).includes(`${shortId(two.layers[0]!.digest)}: Already exists`));
    assert.deepEqual(lines.flatMap(({ status = '' }) => (status.startsWith('Status: ') ? [status] : [])), [`Status: Downloaded newer image for ${proxy.host}/a`]);
    assert.equal((await fixture.images.list({ all: false, filters: new Map(), sharedSize: false, digests: false })).length, 2);
    await assert.rejects(fixture.images.pull(`${proxy.host}/a:one`, pulling([], { allTags: true })), /tag can't be used with --all-tags/);
  });

  it('chooses the platform of an index; what cannot run here is unpacked when it is used', async () => {
    await using registry = await startRegistry();
    await using fixture = imageFixture({ registry: registryPort() });
    const mine = imageOf([randomLayer('mine', 1000)], { architecture });
    const theirs = imageOf([randomLayer('theirs', 1000)], { architecture: other });
    const index = indexOf([{ image: theirs, architecture: other }, { image: mine, architecture }]);
    for (const image of [mine, theirs]) await publish(registry.host, 'multi', { references: [image.digest], manifest: image.manifest, blobs: [...image.blobs, image.config] });
    await publish(registry.host, 'multi', { references: ['v1'], manifest: index });
    const name = `${registry.host}/multi:v1`;
    await fixture.images.pull(name, pulling());
    assert.equal(fixture.images.resolve(name).id, digestOf(mine.config));
    assert.equal((await fixture.census()).layers, 1);
    await fixture.images.pull(name, pulling([], { platform: `linux/${other}` }));
    const foreign = fixture.images.resolve(name);
    assert.deepEqual([foreign.id, foreign.index, (await fixture.census()).layers], [digestOf(theirs.config), digestOf(index), 1]);
    await fixture.images.unpack(foreign);
    assert.equal((await fixture.census()).layers, 2);
    await publish(registry.host, 'multi', { references: ['single'], manifest: mine.manifest });
    const lines: ProgressLine[] = [];
    await fixture.images.pull(`${registry.host}/multi:single`, pulling(lines, { platform: `linux/${other}` }));
    assert.equal(statuses(lines).at(-1), `WARNING: image with reference ${registry.host}/multi:single was found but its platform (linux/${architecture}) does not match the specified platform (linux/${other})`);
    await assert.rejects(fixture.images.pull(name, pulling([], { platform: 'linux/s390x' })), /no matching manifest for linux\/s390x in the manifest list entries/);
  });

  it('speaks Docker\'s sentences for what is not there, and keeps nothing', async () => {
    await using registry = await startRegistry();
    await using fixture = imageFixture({ registry: registryPort() });
    await publishImage(registry.host, 'a', 'v1', imageOf([randomLayer('x', 10)]));
    await assert.rejects(fixture.images.pull(`${registry.host}/a:no`, pulling()), { kind: 'notFound', message: new RegExp(`^manifest for ${registry.host}/a:no not found: manifest unknown: `) });
    await assert.rejects(fixture.images.pull(`${registry.host}/b:v1`, pulling()), { kind: 'notFound', message: new RegExp(`^repository ${registry.host}/b not found: name unknown: `) });
    await assert.rejects(fixture.images.pull('scratch', pulling()), { kind: 'forbidden', message: "'scratch' is a reserved name" });
    await using closed = await startFake((_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}');
    });
    await assert.rejects(fixture.images.pull(`${closed.host}/secret:v1`, pulling()), {
      kind: 'notFound', message: `pull access denied for ${closed.host}/secret, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
    });
    assert.deepEqual(await fixture.census(), { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 });
  });

  it('shows credentials to the registry of the image alone', async () => {
    const seen: (string | undefined)[] = [];
    await using mirror = await startFake((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    await using registry = await startRegistry();
    await publishImage(registry.host, 'a', 'v1', imageOf([randomLayer('x', 10)], { architecture }));
    await using fixture = imageFixture({ registry: registryPort({ mirrors: { [registry.host]: [mirror.url] } }) });
    await fixture.images.pull(`${registry.host}/a:v1`, pulling([], { auth: { username: 'me', password: 'secret' } }));
    assert.ok(seen.length > 0);
    assert.ok(seen.every((header) => header === undefined));
  });
});

describe('pulls of several clients', () => {
  it('are one download', async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    await using fixture = imageFixture({ registry: registryPort() });
    const image = imageOf([randomLayer('a', 400_000), randomLayer('b', 300_000)], { architecture });
    await publishImage(registry.host, 'a', 'v1', image);
    const all = [[], [], []] as ProgressLine[][];
    const gate = Promise.withResolvers<void>();
    proxy.onPiece = (sent) => (sent < 50_000 ? undefined : gate.promise);
    const pulls = all.map((lines) => fixture.images.pull(`${proxy.host}/a:v1`, pulling(lines, {
      progress: (line) => {
        lines.push(line);
        if (all.every((each) => new Set(each.flatMap(({ id, status }) => (status === 'Downloading' ? [id] : []))).size === 2)) gate.resolve();
      },
    })));
    await Promise.all(pulls);
    for (const { digest } of image.layers) assert.equal(proxy.requests.filter((request) => request === `GET /v2/a/blobs/${digest}`).length, 1);
    assert.ok(all.every((lines) => statuses(lines).at(-1)?.startsWith('Status: ')));
    assert.equal((await fixture.census()).leases, 0);
  });

  it('are one download also for who looked for the blob just before it was there', async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    await using fixture = imageFixture({ registry: registryPort() });
    const image = imageOf([randomLayer('a', 100_000)], { architecture });
    await publishImage(registry.host, 'a', 'v1', image);
    const [{ digest }] = image.layers as [MadeImage['layers'][number]];
    const { content } = fixture.deps;
    const size = content.size.bind(content);
    const pull = () => fixture.images.pull(`${proxy.host}/a:v1`, pulling());
    let other: Promise<void> | undefined;
    // In the moment between the disk's answer and the reader of it.
    content.size = async (asked) => {
      const found = await size(asked);
      if (asked === digest && other === undefined) await (other = pull());
      return found;
    };
    await pull();
    assert.equal(proxy.requests.filter((request) => request === `GET /v2/a/blobs/${digest}`).length, 1);
    assert.deepEqual(await fixture.census(), { blobs: 3, layers: 1, leases: 0, images: 1, references: 2 });
  });

  it('go on when one of them leaves, stop when all have, and go on later where they stopped', async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    await using fixture = imageFixture({ registry: registryPort() });
    const image = imageOf([randomLayer('a', 2_000_000)], { architecture });
    await publishImage(registry.host, 'a', 'v1', image);
    const total = image.layers[0]!.size;
    const gate = Promise.withResolvers<void>();
    gate.promise.catch(() => undefined);
    const halfway = Promise.withResolvers<void>();
    proxy.onPiece = (sent) => {
      if (sent < total / 2) return undefined;
      halfway.resolve();
      return gate.promise;
    };
    const leaving = [new AbortController(), new AbortController()];
    const both = leaving.map(() => Promise.withResolvers<void>());
    const pulls = leaving.map(({ signal }, index) => fixture.images.pull(`${proxy.host}/a:v1`, pulling([], {
      signal, progress: ({ status }) => { if (status === 'Downloading') both[index]!.resolve(); },
    })));
    const outcomes = Promise.allSettled(pulls);
    await Promise.all([halfway.promise, ...both.map(({ promise }) => promise)]);
    // What was sent may still be on its way, and what is not on the disk comes again.
    const ingests = join(fixture.directory, 'content/ingest');
    const onDisk = (): number => Math.max(0, ...readdirSync(ingests).map((name) => statSync(join(ingests, name)).size));
    while (onDisk() < total * 0.3) await setTimeout(5);
    leaving[0]!.abort(new Error('the client went away'));
    await assert.rejects(pulls[0]!, /the client went away/);
    assert.equal(readdirSync(ingests).length, 1);
    leaving[1]!.abort(new Error('this one too'));
    await outcomes;
    await assert.rejects(pulls[1]!, /this one too/);
    // The proxy may not have heard yet that nobody takes what it holds back: that is not to be counted.
    gate.reject(new Error('nobody takes it'));
    proxy.onPiece = undefined;
    proxy.blobBytes = 0;
    const kept = onDisk();
    await fixture.images.pull(`${proxy.host}/a:v1`, pulling());
    assert.deepEqual([proxy.blobBytes, kept >= total * 0.3], [total - kept, true]);
    assert.deepEqual(await fixture.census(), { blobs: 3, layers: 1, leases: 0, images: 1, references: 2 });
  });
});

describe('a pull that cannot be', () => {
  it('refuses a layer that is not what the config says, and keeps nothing', async () => {
    await using registry = await startRegistry();
    await using fixture = imageFixture({ registry: registryPort() });
    const liar = imageOf([randomLayer('a', 100_000), randomLayer('b', 100_000)], { architecture, diffIds: [digestOf('1'), digestOf('2')] });
    await publishImage(registry.host, 'liar', 'v1', liar);
    await assert.rejects(fixture.images.pull(`${registry.host}/liar:v1`, pulling()), { kind: 'invalid', message: /failed to register layer sha256:.*expected diffID/ });
    assert.deepEqual(await fixture.census(), { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 });
    assert.deepEqual(readdirSync(join(fixture.directory, 'content/ingest')), []);
  });

  it('begins anew when the part of an earlier try is wrong', async () => {
    await using registry = await startRegistry();
    await using fixture = imageFixture({ registry: registryPort() });
    const image = imageOf([randomLayer('a', 300_000)], { architecture });
    await publishImage(registry.host, 'a', 'v1', image);
    const { digest, size } = image.layers[0]!;
    const wrong = await fixture.deps.content.ingest(`fetch ${digest}`, { digest, size, resumable: true });
    await wrong.write(Buffer.alloc(1000, 'x'));
    await wrong.close();
    await fixture.images.pull(`${registry.host}/a:v1`, pulling());
    assert.deepEqual(await fixture.census(), { blobs: 3, layers: 1, leases: 0, images: 1, references: 2 });
  });

  it('ends with a clean error on a full disk, and gives the space back', async () => {
    await using registry = await startRegistry();
    const image = imageOf([randomLayer('a', 12_000_000), randomLayer('b', 12_000_000)], { architecture });
    await publishImage(registry.host, 'big', 'v1', image);
    const small = mkdtempSync(join(tmpdir(), 'gantry-small-'));
    mount('tmpfs', small, { type: 'tmpfs', data: 'size=16m' });
    try {
      await using fixture = imageFixture({ registry: registryPort() }, small);
      await assert.rejects(fixture.images.pull(`${registry.host}/big:v1`, pulling()), { kind: 'exhausted', message: /no space left on device/ });
      assert.deepEqual(await fixture.census(), { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 });
      assert.deepEqual(readdirSync(join(fixture.directory, 'content/ingest')), []);
    } finally {
      unmount(small, { lazy: true });
      rmSync(small, { recursive: true });
    }
  });

  it('keeps verified blobs of a daemon that died for the next pull, until they are too old', async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    await using fixture = imageFixture({ registry: registryPort() });
    const image = imageOf([randomLayer('a', 50_000), randomLayer('b', 60_000)], { architecture });
    await publishImage(registry.host, 'a', 'v1', image);
    const { deps } = fixture;
    await recoverStore(deps, 'this boot');
    // As a daemon leaves it that died after the first layer.
    deps.leases.open('pull', { resumeKey: `${proxy.host}/a:v1 ` }).add({ digests: [image.layers[0]!.digest] });
    await deps.content.put(image.blobs[0]!);
    const leases = new Leases(deps.metadata);
    await recoverStore({ ...deps, leases }, 'this boot');
    assert.equal(await deps.content.size(image.layers[0]!.digest), image.layers[0]!.size);
    await using second = imageFixture({ ...deps, leases, registry: registryPort() });
    await second.images.pull(`${proxy.host}/a:v1`, pulling());
    assert.equal(proxy.blobBytes, image.config.length + image.layers[1]!.size);
    for (const lease of leases.all()) assert.ok((lease.keptUntilMs ?? 0) > Date.now());
  });
});
