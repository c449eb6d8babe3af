import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { digestOf } from '../../../src/oci/digest.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { countingProxy } from '../images/counting-proxy.ts';
import { createFilesystemStorage } from '../../../src/registry/server/storage/filesystem.ts';
import { startFront } from '../../support/couple.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { impatient, makeImage, memorySource, pushImage, startFake, startRegistry } from './support.ts';

const bytes = randomBytes(3_000_000);
const digest = digestOf(bytes);
const blob = `/v2/a/blobs/${digest}`;

/** An upstream that holds the blob, its front, and a cache of it. */
async function cacheOfBlob() {
  const stack = new AsyncDisposableStack();
  const origin = stack.use(await startRegistry());
  const client = stack.adopt(createRegistryClient(impatient), (each) => each.close());
  await client.pushBlob({ repository: { registry: origin.host, name: 'a' }, descriptor: { digest, size: bytes.length }, source: memorySource(bytes) });
  const front = stack.use(await countingProxy(origin.host));
  const cache = stack.use(await startRegistry({ upstream: { registry: front.host, insecure: true, tagLifetimeMs: 0 } }));
  return { origin, client, front, cache, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function body(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

describe('a cache of an upstream', () => {
  it('gives the first byte while the rest is on its way, to all who ask, by one download', async () => {
    await using scene = await cacheOfBlob();
    const gate = Promise.withResolvers<void>();
    scene.front.onPiece = (sent) => (sent < 500_000 ? undefined : gate.promise);
    const readers = await Promise.all([0, 1].map(async () => (await fetch(scene.cache.url + blob)).body!.getReader()));
    const firsts = await Promise.all(readers.map(async (reader) => Buffer.from((await reader.read()).value!)));
    const part = await fetch(scene.cache.url + blob, { headers: { range: 'bytes=100-299999' } });
    assert.deepEqual([part.status, Buffer.compare(await body(part), bytes.subarray(100, 300_000))], [206, 0]);
    gate.resolve();
    for (const [index, reader] of readers.entries()) {
      const chunks = [firsts[index]!];
      for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(Buffer.from(next.value));
      assert.equal(digestOf(Buffer.concat(chunks)), digest);
    }
    assert.equal(scene.front.requests.filter((request) => request === `GET ${blob}`).length, 1);
    assert.equal(digestOf(await body(await fetch(scene.cache.url + blob))), digest);
    assert.equal(scene.front.requests.filter((request) => request === `GET ${blob}`).length, 1);
  });

  it('waits for the disk before it links what somebody else has brought into its store', async () => {
    await using folder = await temporaryFolder();
    await using scene = await cacheOfBlob();
    const storage = createFilesystemStorage(folder.path);
    await storage.blobs.put(bytes);
    const seen: string[] = [];
    const settled = { ...storage.blobs, settle: async () => void seen.push('settle') };
    const repositories = { ...storage.repositories, linkBlob: async (...link: Parameters<typeof storage.repositories.linkBlob>) => { seen.push('link'); await storage.repositories.linkBlob(...link); } };
    await using cache = await startRegistry({ storage: { ...storage, blobs: settled, repositories }, upstream: { registry: scene.front.host, insecure: true, tagLifetimeMs: 0 } });
    assert.equal(Buffer.compare(await body(await fetch(cache.url + blob)), bytes), 0);
    assert.deepEqual([seen, scene.front.blobBytes], [['settle', 'link'], 0]);
  });
  it('goes on when the client that began it leaves', async () => {
    await using scene = await cacheOfBlob();
    const gate = Promise.withResolvers<void>();
    scene.front.onPiece = (sent) => (sent < 500_000 ? undefined : gate.promise);
    const leaving = new AbortController();
    const reader = (await fetch(scene.cache.url + blob, { signal: leaving.signal })).body!.getReader();
    await reader.read();
    leaving.abort();
    await assert.rejects(reader.read());
    const staying = fetch(scene.cache.url + blob);
    gate.resolve();
    assert.equal(digestOf(await body(await staying)), digest);
    assert.equal(scene.front.requests.filter((request) => request === `GET ${blob}`).length, 1);
  });

  it('never ends a blob whose digest is wrong, and keeps nothing of it', async () => {
    const wrong = Buffer.from(bytes);
    wrong[wrong.length - 1]! ^= 1;
    await using upstream = await startFake((request, response) => {
      response.writeHead(200, { 'content-length': wrong.length }).end(request.method === 'HEAD' ? undefined : wrong);
    });
    await using cache = await startRegistry({ upstream: { registry: upstream.host, insecure: true, tagLifetimeMs: 0 } });
    await assert.rejects(fetch(cache.url + blob).then(body));
    assert.deepEqual([await readdir(join(cache.root, 'ingest')), await readdir(join(cache.root, 'blobs')).catch(() => [])], [[], []]);
  });

  it('answers a size without fetching the blob, and knows only what its upstream knows under that name', async () => {
    await using scene = await cacheOfBlob();
    assert.equal((await fetch(scene.cache.url + blob, { method: 'HEAD' })).headers.get('content-length'), String(bytes.length));
    assert.equal(scene.front.blobBytes, 0);
    assert.equal((await fetch(`${scene.cache.url}/v2/other/blobs/${digest}`)).status, 404);
    await body(await fetch(scene.cache.url + blob));
    assert.equal((await fetch(`${scene.cache.url}/v2/other/blobs/${digest}`)).status, 404);
  });

  it("lists the upstream's tags and referrers, in pages, and its own while the upstream is away", async () => {
    const origin = await startRegistry();
    await using front = await startFront(origin.host);
    const client = createRegistryClient(impatient);
    try {
      const image = makeImage();
      for (const tag of ['c', 'a', 'B']) await pushImage(client, { host: origin.host, name: 'a', reference: tag }, image);
      const signature = makeImage('s', { subject: { mediaType: 'x/y', digest: image.digest, size: image.manifest.length }, artifactType: 'x/y' });
      await pushImage(client, { host: origin.host, name: 'a', reference: signature.digest }, signature);
      await using cache = await startRegistry({ upstream: { registry: front.host, insecure: true, tagLifetimeMs: 0 } });
      const first = await fetch(`${cache.url}/v2/a/tags/list?n=2`);
      assert.deepEqual(await first.json(), { name: 'a', tags: ['B', 'a'] });
      assert.equal(first.headers.get('link'), '</v2/a/tags/list?n=2&last=a>; rel="next"');
      assert.equal((await client.listReferrers({ registry: cache.host, name: 'a' }, { digest: image.digest })).length, 1);
      await client.getManifest({ registry: cache.host, name: 'a' }, 'c');
      front.target = undefined;
      await origin[Symbol.asyncDispose]();
      assert.deepEqual(await client.listTags({ registry: cache.host, name: 'a' }), ['c']);
      assert.equal((await fetch(`${cache.url}/v2/unknown/tags/list`)).status, 404);
    } finally {
      client.close();
    }
  });
});
