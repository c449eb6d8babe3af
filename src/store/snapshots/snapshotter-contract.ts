import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { decodeName } from '../../base/file-names.ts';
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

    it('keeps names that are no UTF-8, byte for byte', async () => {
      await using opened = open();
      const [name, folder, target] = [Buffer.from('n\xff', 'latin1'), Buffer.from('d\x80', 'latin1'), Buffer.from('to\xfe\u00e4', 'latin1')];
      const members = [
        tarHeader({ name: `${decodeName(folder)}/`, type: 'directory' }), tarHeader({ name: `${decodeName(folder)}/${decodeName(name)}` }),
        tarHeader({ name: decodeName(name), type: 'symlink', linkName: decodeName(target) }), tarEnd(),
      ];
      await opened.snapshotter.apply(lower, streamOf(Buffer.concat(members)), {});
      const { directories: [shown = ''], release } = await opened.snapshotter.acquire([lower]);
      assert.deepEqual(readdirSync(shown, { encoding: 'buffer' }).toSorted(Buffer.compare), [folder, name]);
      assert.deepEqual(readdirSync(Buffer.concat([Buffer.from(`${shown}/`), folder]), { encoding: 'buffer' }), [name]);
      assert.deepEqual(readlinkSync(Buffer.concat([Buffer.from(`${shown}/`), name]), { encoding: 'buffer' }), target);
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
