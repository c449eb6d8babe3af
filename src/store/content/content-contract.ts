import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { digestOf } from '../../oci/digest.ts';
import type { ContentStore } from './content.ts';

/** What every content store owes. `open` gives an empty store; `again` opens the same one anew, as after the death of a daemon. */
export function contentContract(name: string, open: Open): void {
  describe(`${name}: content contract`, () => {
    blobObligations(open);
    ingestObligations(open);
  });
}

type Open = () => { store: ContentStore; again: () => ContentStore };
const bytes = Buffer.from('some content');
const digest = digestOf(bytes);

function blobObligations(open: Open): void {
  it('gives back what was put, by digest, whole and in parts', async () => {
    const { store } = open();
    assert.deepEqual(await store.put(bytes), { digest, size: bytes.length });
    assert.deepEqual(await store.put(bytes, digest), { digest, size: bytes.length });
    assert.deepEqual(await store.bytes(digest, 100), bytes);
    assert.deepEqual(await buffer(await store.read(digest)), bytes);
    assert.deepEqual(await buffer(await store.read(digest, { start: 5, end: 7 })), Buffer.from('con'));
    assert.deepEqual(await Array.fromAsync(store.list()), [{ digest, size: bytes.length }]);
    assert.deepEqual(await store.digests(), [digest]);
  });

  it('knows sha512', async () => {
    const { store } = open();
    const long = digestOf(bytes, 'sha512');
    assert.equal((await store.put(bytes, long)).digest, long);
    assert.deepEqual(await store.bytes(long, 100), bytes);
  });

  it('has nothing under a digest that was never put, or was deleted', async () => {
    const { store } = open();
    await assert.rejects(store.read(digest), { kind: 'notFound' });
    await store.put(bytes);
    assert.deepEqual([await store.delete(digest), await store.delete(digest), await store.size(digest)], [bytes.length, undefined, undefined]);
  });

  it('refuses wrong content, and keeps nothing of it', async () => {
    const { store } = open();
    await assert.rejects(store.put(bytes, digestOf('other')), { kind: 'invalid', message: /digest mismatch/ });
    const ingest = await store.ingest('k', { digest: digestOf('other') });
    await ingest.write(bytes);
    await assert.rejects(ingest.commit(), { kind: 'invalid' });
    const short = await store.ingest('k', { size: 1000 });
    assert.equal(short.offset, 0);
    await short.write(bytes);
    await assert.rejects(short.commit(), { kind: 'invalid', message: /12 bytes where 1000/ });
    const long = await store.ingest('k', { size: 3 });
    await assert.rejects(long.write(bytes), { kind: 'invalid' });
    await long.abort();
    assert.deepEqual(await Array.fromAsync(store.list()), []);
  });

  it('refuses to read a large blob at once', async () => {
    const { store } = open();
    await store.put(bytes);
    await assert.rejects(store.bytes(digest, 5), { kind: 'invalid' });
  });
}

function ingestObligations(open: Open): void {
  it('goes on with an ingest where an earlier daemon stopped', async () => {
    const { store, again } = open();
    const first = await store.ingest('https://host/x?y=../z', { digest });
    await first.write(bytes.subarray(0, 5));
    await first.close();
    const second = await again().ingest('https://host/x?y=../z', { digest });
    assert.equal(second.offset, 5);
    await second.write(bytes.subarray(5));
    assert.deepEqual(await second.commit(), { digest, size: bytes.length });
  });

  it('lets an ingest start again from nothing', async () => {
    const { store } = open();
    const ingest = await store.ingest('k');
    await ingest.write(Buffer.from('wrong'));
    await ingest.truncate();
    await ingest.write(bytes);
    assert.equal((await ingest.commit()).digest, digest);
  });

  it('has one writer for a key, and sweeps only what nobody writes', async () => {
    const { store } = open();
    const busy = await store.ingest('busy');
    await busy.write(bytes);
    await assert.rejects(store.ingest('busy'), { kind: 'conflict' });
    const idle = await store.ingest('idle');
    await idle.write(bytes);
    await idle.close();
    await store.sweepIngests(0);
    const fresh = await store.ingest('idle');
    assert.equal(fresh.offset, 0);
    await fresh.abort();
    assert.equal((await busy.commit()).digest, digest);
  });

  it('does not sweep what somebody goes on with meanwhile', async () => {
    const { store } = open();
    for (let turns = 0; turns < 60; turns++) {
      const early = await store.ingest('k', { digest, resumable: true });
      await early.write(bytes.subarray(0, 5));
      await early.close();
      const swept = store.sweepIngests(0);
      for (let turn = 0; turn < turns % 12; turn++) await new Promise(setImmediate);
      const late = await store.ingest('k', { digest, resumable: true });
      await swept;
      await late.write(bytes.subarray(late.offset));
      assert.equal((await late.commit()).digest, digest);
      await store.delete(digest);
    }
  });

  it('announces a digest before the blob can be seen', async () => {
    const { store } = open();
    const seen: (number | undefined | string)[] = [];
    const ingest = await store.ingest('k', { announce: (announced) => seen.push(announced) });
    await ingest.write(bytes);
    await ingest.commit();
    assert.deepEqual(seen, [digest]);
  });
}
