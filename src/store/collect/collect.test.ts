import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { openContentStore } from '../content/directory.ts';
import { Leases } from '../leases/leases.ts';
import { openMetadata } from '../metadata/sqlite.ts';
import type { ImageRecord, LayerRecord, LeaseRecord } from '../records.ts';
import { openDirectorySnapshotter } from '../snapshots/directories.ts';
import { collect, recoverStore, type CollectorOptions } from './collect.ts';

let directory: string;
let round = 0;
before(() => void (directory = mkdtempSync(join(tmpdir(), 'gantry-collect-'))));
after(() => rmSync(directory, { recursive: true, force: true }));

function stores(): CollectorOptions {
  const root = join(directory, String(round++));
  const metadata = openMetadata(':memory:');
  return {
    metadata,
    content: openContentStore(join(root, 'content')),
    snapshots: openDirectorySnapshotter({ directory: join(root, 'snapshots') }),
    leases: new Leases(metadata),
    usedChainIds: () => [],
  };
}

async function blobs({ content }: CollectorOptions, ...texts: string[]): Promise<Digest[]> {
  return await Promise.all(texts.map(async (text) => (await content.put(Buffer.from(text))).digest));
}

async function left({ content }: CollectorOptions): Promise<Digest[]> {
  return (await Array.fromAsync(content.list())).map(({ digest }) => digest).toSorted();
}

describe('collect()', () => {
  it('keeps what images, references and leases reach, and nothing else', async () => {
    const options = stores();
    const [config, manifest, layer, target, leased, garbage] = await blobs(options, 'config', 'manifest', 'layer', 'target', 'leased', 'garbage');
    const image = { id: config, manifest, layers: [{ digest: layer, chainId: layer }] } as unknown as ImageRecord;
    options.metadata.table<ImageRecord>('images').put(image.id, image);
    options.metadata.table('references').put('n', { name: 'n', imageId: config, target });
    options.leases.open('test').add({ digests: [leased as Digest] });
    const result = await collect(options);
    assert.deepEqual(result, { blobs: 1, layers: 0, reclaimedBytes: 'garbage'.length });
    assert.deepEqual(await left(options), [config, manifest, layer, target, leased].toSorted());
    assert.equal(await options.content.size(garbage as Digest), undefined);
  });

  it('spares what is leased while it runs, even when the lease has ended by then', async () => {
    const options = stores();
    const all = await blobs(options, ...Array.from({ length: 20 }, (_, index) => `blob ${index}`));
    const collecting = collect(options);
    const lease = options.leases.open('during');
    lease.add({ digests: all });
    lease.release();
    await collecting;
    assert.equal((await left(options)).length, 20);
    await collect(options);
    assert.deepEqual(await left(options), []);
  });

  it('looks at nothing but what it is given', async () => {
    const options = stores();
    const [mine] = await blobs(options, 'mine', 'not mine');
    await collect(options, { digests: new Set([mine as Digest]), chainIds: new Set() });
    assert.deepEqual(await left(options), [digestOf('not mine')]);
  });
});

describe('recoverStore()', () => {
  it('removes what a load that died had brought, half-written or whole', async () => {
    const options = stores();
    options.leases.open('load').add({ digests: await blobs(options, 'whole') });
    const half = await options.content.ingest('load');
    await half.write(Buffer.from('half'));
    await half.close();
    await recoverStore({ ...options, leases: new Leases(options.metadata) }, 'this boot');
    assert.deepEqual(await left(options), []);
    const again = await options.content.ingest('load');
    assert.equal(again.offset, 0);
    await again.abort();
  });

  it('forgets layers that went when the daemon was killed, and keeps those that an image names', async () => {
    const options = stores();
    const [gone, named] = [digestOf('gone'), digestOf('named')];
    options.metadata.table<ImageRecord>('images').put('i', { id: digestOf('i'), manifest: digestOf('m'), layers: [{ digest: named, chainId: named }] } as unknown as ImageRecord);
    const layers = options.metadata.table<LayerRecord>('layers');
    for (const chainId of [gone, named]) layers.put(chainId, { chainId } as LayerRecord);
    await recoverStore(options, 'this boot');
    assert.deepEqual(layers.all().map(({ chainId }) => chainId), [named]);
  });

  it('keeps what a pull had brought for its next try, but not over a start of the machine', async () => {
    const options = stores();
    await recoverStore(options, 'first boot');
    options.leases.open('pull', { resumeKey: 'k' }).add({ digests: await blobs(options, 'brought') });
    await recoverStore({ ...options, leases: new Leases(options.metadata) }, 'first boot');
    assert.deepEqual(await left(options), [digestOf('brought')]);
    await recoverStore({ ...options, leases: new Leases(options.metadata) }, 'second boot');
    assert.deepEqual(await left(options), []);
  });
});

describe('Leases', () => {
  it('with a key outlive the daemon for a while, until that key is done or nobody wants them', () => {
    const metadata = openMetadata(':memory:');
    const digests = (leases: Leases): Digest[] => leases.all().flatMap((lease) => lease.digests).toSorted();
    const [a, b] = [digestOf('a'), digestOf('b')].toSorted() as [Digest, Digest];
    const first = new Leases(metadata);
    first.open('pull', { resumeKey: 'one' }).add({ digests: [a] });
    first.open('pull', { resumeKey: 'two' }).add({ digests: [b] });
    const leases = new Leases(metadata);
    assert.deepEqual(digests(leases), [a, b]);
    const again = leases.open('pull', { resumeKey: 'one' });
    again.add({ digests: [digestOf('c')] });
    again.release();
    assert.deepEqual(digests(leases), [b]);
    const held = leases.open('pull', { resumeKey: 'two' });
    held.add({ digests: [a] });
    leases.forgetKept();
    assert.deepEqual(digests(leases), [a]);
    held.keep();
    leases.forgetKept();
    assert.deepEqual(digests(leases), []);
  });

  it('end with the daemon that held them', () => {
    const metadata = openMetadata(':memory:');
    new Leases(metadata).open('load').add({ digests: [digestOf('x')] });
    assert.equal(metadata.table<LeaseRecord>('leases').all().length, 1);
    assert.deepEqual(new Leases(metadata).all(), []);
  });
});
