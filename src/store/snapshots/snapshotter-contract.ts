import assert from 'node:assert/strict';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { tarEnd, tarHeader, tarPadding } from '../../base/tar/encoder.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import type { Snapshotter } from './snapshotter.ts';

export interface OpenedSnapshotter extends AsyncDisposable {
  snapshotter: Snapshotter;
  /** Opens the same directory anew, as after the death of a daemon. */
  again: () => Promise<Snapshotter>;
  /** Files and directories that are neither layers nor empty bookkeeping. */
  leftovers: () => string[];
}

function layer(name: string, body: string): Buffer {
  return Buffer.concat([tarHeader({ name, size: body.length }), Buffer.from(body), tarPadding(body.length), tarHeader({ name: '.wh.gone' }), tarEnd()]);
}

const streamOf = (bytes: Buffer): Readable => Readable.from([bytes.subarray(0, 600), bytes.subarray(600)], { objectMode: false });

const tar = layer('file', 'content');
const diffId = digestOf(tar);
const other = layer('other', 'more');
const lower: Digest = diffId;
const upper: Digest = digestOf('upper');

/** What every snapshotter owes. Needs root: layers hold devices and overlay's attributes. */
export function snapshotterContract(name: string, open: () => OpenedSnapshotter): void {
  describe(`${name}: snapshotter contract`, () => {
    it('applies a layer, compressed or not, and measures its tar', async () => {
      await using opened = open();
      const { snapshotter } = opened;
      const applied = await snapshotter.apply(lower, streamOf(tar), { diffId });
      assert.deepEqual([applied.diffId, applied.tarBytes], [diffId, tar.length]);
      assert.equal((await snapshotter.apply(upper, streamOf(gzipSync(other)), { diffId: digestOf(other) })).tarBytes, other.length);
      assert.deepEqual((await snapshotter.list()).toSorted(), [lower, upper].toSorted());
      assert.ok((await snapshotter.usage(lower)) > 0);
      assert.deepEqual(opened.leftovers(), []);
    });

    it('shows layers top first, with whiteouts as overlay wants them', async () => {
      await using opened = open();
      await opened.snapshotter.apply(lower, streamOf(tar), {});
      await opened.snapshotter.apply(upper, streamOf(other), {});
      const { directories, release } = await opened.snapshotter.acquire([lower, upper]);
      assert.equal(readFileSync(join(directories[0] as string, 'other'), 'utf8'), 'more');
      assert.equal(readFileSync(join(directories[1] as string, 'file'), 'utf8'), 'content');
      const whiteout = lstatSync(join(directories[0] as string, 'gone'));
      assert.deepEqual([whiteout.isCharacterDevice(), whiteout.rdev], [true, 0]);
      await release();
      await release();
    });

    it('drains a layer that is there, and applies two at once only once', async () => {
      await using opened = open();
      const streams = [streamOf(tar), streamOf(tar)];
      const results = await Promise.all(streams.map((stream) => opened.snapshotter.apply(lower, stream, { diffId })));
      assert.deepEqual(results[0], results[1]);
      assert.ok(streams.every((stream) => stream.readableEnded || stream.destroyed));
      assert.deepEqual(await opened.snapshotter.list(), [lower]);
    });

    refusals(open);

    it('removes a layer, but not one in use', async () => {
      await using opened = open();
      const { snapshotter } = opened;
      await snapshotter.apply(lower, streamOf(tar), {});
      const { release } = await snapshotter.acquire([lower]);
      await assert.rejects(snapshotter.remove(lower), { kind: 'conflict' });
      await release();
      await snapshotter.remove(lower);
      await snapshotter.remove(lower);
      assert.equal(snapshotter.has(lower), false);
      await assert.rejects(snapshotter.acquire([lower]), { kind: 'notFound' });
    });

    it('knows its layers again after the daemon died', async () => {
      await using opened = open();
      await opened.snapshotter.apply(lower, streamOf(tar), {});
      const again = await opened.again();
      assert.equal(again.has(lower), true);
      const { directories, release } = await again.acquire([lower]);
      assert.equal(readFileSync(join(directories[0] as string, 'file'), 'utf8'), 'content');
      await release();
    });
  });
}

/** Whatever goes wrong, no part of a layer stays. */
function refusals(open: () => OpenedSnapshotter): void {
  const bad: [what: string, stream: () => Readable, expected: object][] = [
    ['another diffId', () => streamOf(other), { kind: 'invalid', message: /digest mismatch/ }],
    ['a truncated tar', () => streamOf(tar.subarray(0, 700)), { kind: 'invalid' }],
    ['a sender that fails', () => Readable.from((function* () { yield tar.subarray(0, 600); throw new Error('connection lost'); })(), { objectMode: false }), { message: /connection lost/ }],
  ];
  for (const [what, stream, expected] of bad) {
    it(`keeps nothing of ${what}`, async () => {
      await using opened = open();
      await assert.rejects(opened.snapshotter.apply(lower, stream(), { diffId }), expected);
      assert.equal(opened.snapshotter.has(lower), false);
      assert.deepEqual(opened.leftovers(), []);
    });
  }

  it('stops when it is told to, also while the sender is silent', async () => {
    await using opened = open();
    const stop = new AbortController();
    const silent = new Readable({ read() {} });
    silent.push(tar.subarray(0, 600));
    const applying = opened.snapshotter.apply(lower, silent, { signal: stop.signal });
    setImmediate(() => stop.abort(new Error('stopped')));
    await assert.rejects(applying, /stopped/);
    assert.deepEqual(opened.leftovers(), []);
  });
}
