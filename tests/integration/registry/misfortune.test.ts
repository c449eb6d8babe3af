import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Readable } from 'node:stream';
import { mount, unmount } from '../../../src/host/mount.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { startFront } from '../../support/couple.ts';
import { serveRegistryProcess } from '../../support/registry-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { impatient, memorySource, startRegistry } from './support.ts';

const bytes = randomBytes(6_000_000);
const descriptor = { digest: digestOf(bytes), size: bytes.length };

describe('a registry that is killed in the middle of a push', () => {
  it('goes on, once it is back, behind the last chunk that it answered', async () => {
    await using folder = await temporaryFolder();
    const first = await serveRegistryProcess(folder.path);
    const start = await fetch(`http://${first.host}/v2/a/blobs/uploads/`, { method: 'POST' });
    const location = start.headers.get('location')!;
    const answered = await fetch(`http://${first.host}${location}`, { method: 'PATCH', body: bytes.subarray(0, 2_000_000), headers: { 'content-range': '0-1999999' } });
    assert.equal(answered.status, 202);
    // Dies while it reads the next chunk, which has no end.
    const sent = Promise.withResolvers<void>();
    const endless = Readable.from((async function* pieces() {
      yield bytes.subarray(2_000_000, 3_000_000);
      sent.resolve();
      await new Promise(() => undefined);
    })());
    const broken = fetch(`http://${first.host}${location}`, { method: 'PATCH', body: Readable.toWeb(endless) as never, duplex: 'half' } as RequestInit).catch(() => undefined);
    await sent.promise;
    await first.crash();
    await broken;
    endless.destroy();

    await using second = await serveRegistryProcess(folder.path);
    const status = await fetch(`http://${second.host}${location}`);
    const reached = Number(/^0-(\d+)$/.exec(status.headers.get('range')!)![1]) + 1;
    assert.ok(reached >= 2_000_000 && reached <= 3_000_000, `${reached}`);
    const put = await fetch(`http://${second.host}${location}?digest=${descriptor.digest}`, { method: 'PUT', body: bytes.subarray(reached) });
    assert.equal(put.status, 201);
    assert.equal(digestOf(Buffer.from(await (await fetch(`http://${second.host}/v2/a/blobs/${descriptor.digest}`)).arrayBuffer())), descriptor.digest);
  });

  it('is waited for by a client of ours, which sends the rest', async () => {
    await using folder = await temporaryFolder();
    const first = await serveRegistryProcess(folder.path);
    await using front = await startFront(first.host);
    const client = createRegistryClient({ retry: { attempts: 1200, firstPauseMs: 50, longestPauseMs: 100 } });
    try {
      const repository = { registry: front.host, name: 'a' };
      const half = Promise.withResolvers<void>();
      const pushing = client.pushBlob({
        repository, descriptor, source: memorySource(bytes), chunkBytes: 1_000_000,
        onProgress: (sent) => (sent >= bytes.length / 2 ? half.resolve() : undefined),
      });
      await half.promise;
      // Its port may be another program's as soon as it is dead.
      front.target = undefined;
      await first.crash();
      await using second = await serveRegistryProcess(folder.path);
      front.target = second.host;
      assert.equal(await pushing, 'uploaded');
      assert.equal(await client.headBlob(repository, descriptor.digest), bytes.length);
      assert.deepEqual([readdirSync(join(folder.path, 'ingest')), readdirSync(join(folder.path, 'uploads'))], [[], []]);
    } finally {
      client.close();
    }
  });
});

describe('a push that is given up', () => {
  for (const chunkBytes of [undefined, 1_000_000]) {
    it(`leaves nothing behind in the registry (${chunkBytes === undefined ? 'in one' : 'in chunks'})`, async () => {
      await using registry = await startRegistry();
      const client = createRegistryClient(impatient);
      const stop = new AbortController();
      try {
        const source = { read: async (_digest: string, range?: { start: number }) => Readable.from((async function* pieces() {
          yield bytes.subarray(range?.start ?? 0, (range?.start ?? 0) + 1_000_000);
          if (chunkBytes !== undefined && (range?.start ?? 0) === 0) return;
          stop.abort();
          await new Promise(() => undefined);
        })(), { objectMode: false }) };
        await assert.rejects(client.pushBlob({ repository: { registry: registry.host, name: 'a' }, descriptor, source, signal: stop.signal, ...(chunkBytes === undefined ? {} : { chunkBytes }) }), { kind: 'cancelled' });
        assert.deepEqual([readdirSync(join(registry.root, 'ingest')), readdirSync(join(registry.root, 'uploads'))], [[], []]);
      } finally {
        client.close();
      }
    });
  }
});

describe('a registry whose disk is full', () => {
  const onSmallDisk = async (act: (root: string) => Promise<void>): Promise<void> => {
    const root = mkdtempSync(join(tmpdir(), 'gantry-small-'));
    mount('tmpfs', root, { type: 'tmpfs', data: 'size=4m' });
    try {
      await act(root);
    } finally {
      unmount(root, { lazy: true });
      rmSync(root, { recursive: true });
    }
  };

  for (const chunkBytes of [undefined, 700_000]) {
    it(`says so, gives the space back, and takes what fits (${chunkBytes === undefined ? 'in one' : 'in chunks'})`, () => onSmallDisk(async (root) => {
      await using registry = await startRegistry({ root });
      const client = createRegistryClient(impatient);
      try {
        const repository = { registry: registry.host, name: 'a' };
        const push = { repository, descriptor, source: memorySource(bytes), ...(chunkBytes === undefined ? {} : { chunkBytes }) };
        await assert.rejects(client.pushBlob(push), { kind: 'unavailable', message: new RegExp(`registry ${registry.host}: upload of .*no space left`) });
        assert.deepEqual([readdirSync(join(root, 'ingest')), readdirSync(join(root, 'uploads'))], [[], []]);
        const fits = bytes.subarray(0, 3_000_000);
        assert.equal(await client.pushBlob({ repository, descriptor: { digest: digestOf(fits), size: fits.length }, source: memorySource(fits) }), 'uploaded');
      } finally {
        client.close();
      }
    }));
  }

  it('answers 507, with a code of the protocol', () => onSmallDisk(async (root) => {
    await using registry = await startRegistry({ root });
    const location = (await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: 'POST' })).headers.get('location')!;
    const answer = await fetch(registry.url + location, { method: 'PATCH', body: bytes });
    assert.equal(answer.status, 507);
    assert.deepEqual(await answer.json(), { errors: [{ code: 'UNKNOWN', message: 'no space left on the disk of the registry' }] });
    assert.equal((await fetch(registry.url + location)).status, 404);
  }));

  it('tells also who sends all of a body before he looks for an answer', () => onSmallDisk(async (root) => {
    await using registry = await startRegistry({ root });
    const location = (await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: 'POST' })).headers.get('location')!;
    const socket = connect(registry.port, '127.0.0.1');
    socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes.length * 4}\r\n\r\n`);
    for (let sent = 0; sent < 4; sent++) await new Promise<void>((resolve, reject) => socket.write(bytes, (error) => (error ? reject(error) : resolve())));
    const answer = (await socket.toArray()).join('');
    assert.match(answer, /^HTTP\/1\.1 507 [^]*no space left on the disk of the registry/);
  }));
});
