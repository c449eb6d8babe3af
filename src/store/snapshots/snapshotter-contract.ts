import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { decodeName } from '../../base/file-names.ts';
import { tarEnd, tarHeader, tarPadding } from '../../base/tar/encoder.ts';
import { getXattr } from '../../host/files.ts';
import { mountOverlay, unmount } from '../../host/mount.ts';
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

    it('measures a layer as Docker does: the bytes of files, each once, and of what links name', async () => {
      await using opened = open();
      const members = [
        tarHeader({ name: 'folder/', type: 'directory' }), tarHeader({ name: 'folder/file', size: 700 }), Buffer.alloc(700, 1), tarPadding(700),
        tarHeader({ name: 'twice', type: 'link', linkName: 'folder/file' }), tarHeader({ name: 'short', type: 'symlink', linkName: 'földer' }), tarHeader({ name: '.wh.gone' }), tarEnd(),
      ];
      assert.equal((await opened.snapshotter.apply(lower, streamOf(Buffer.concat(members)), {})).unpackedBytes, 707);
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

    impliedDirectories(open);
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

const described = { type: 'directory', mode: 0o711, uid: 5, gid: 6, mtime: { seconds: 981_173_106, nanoseconds: 0 }, xattrs: new Map([['user.note', Buffer.from('kept')]]) } as const;

/** Layers whose tars leave parents out, bottom first. */
const sparseChain = [
  [tarHeader({ name: 'usr/', ...described }), tarHeader({ name: 'usr/share/', ...described, mode: 0o2750 }), tarHeader({ name: 'opt/', ...described }), tarHeader({ name: 'srv/', ...described }), tarHeader({ name: 'srv/www/', ...described })],
  [tarHeader({ name: 'usr/bin/tool' }), tarHeader({ name: '.wh.opt' }), tarHeader({ name: 'srv/', ...described }), tarHeader({ name: 'srv/.wh..wh..opq' })],
  [tarHeader({ name: 'usr/share/x' }), tarHeader({ name: 'opt/x' }), tarHeader({ name: 'srv/www/x' })],
  [tarHeader({ name: 'usr/y' }), tarHeader({ name: 'usr/share/z' }), tarHeader({ name: 'usr/share/', type: 'directory', mode: 0o700, uid: 7, gid: 8 })],
].map((members) => Buffer.concat([...members, tarEnd()]));

function impliedDirectories(open: () => OpenedSnapshotter): void {
  const chain = sparseChain.map((_, index) => digestOf(`chain ${index}`));
  const check = async (snapshotter: Snapshotter, depth: number, expected: Record<string, string>): Promise<void> => {
    const { directories, release } = await snapshotter.acquire(chain.slice(0, depth));
    const target = mkdtempSync(join(tmpdir(), 'gantry-merged-'));
    try {
      mountOverlay({ lower: directories, target, readOnly: true });
      const seen = Object.keys(expected).map((path) => {
        const { mode, uid, gid, mtimeMs } = statSync(join(target, path));
        return [path, `${(mode & 0o7777).toString(8)} ${uid}:${gid}${mtimeMs === 981_173_106_000 ? ' its time' : ''}${getXattr(join(target, path), 'user.note') === undefined ? '' : ' its note'}`];
      });
      assert.deepEqual(Object.fromEntries(seen), expected);
    } finally {
      unmount(target, { lazy: true });
      rmdirSync(target);
      await release();
    }
  };
  const upToThird = { 'usr': '711 5:6 its time its note', 'usr/bin': '755 0:0', 'usr/share': '2750 5:6 its time its note', 'opt': '755 0:0', 'srv': '711 5:6 its time its note', 'srv/www': '755 0:0' };

  it('shows a directory that a layer only implies as the layers below have it, whichever was applied first', async () => {
    await using opened = open();
    await Promise.all(chain.map((chainId, index) => opened.snapshotter.apply(chainId, streamOf(sparseChain[index]!), {})).reverse());
    // Two at once, and a shorter chain beside the longer.
    await Promise.all([check(opened.snapshotter, 3, upToThird), check(opened.snapshotter, 4, { ...upToThird, 'usr/share': '700 7:8' }), check(opened.snapshotter, 4, { ...upToThird, 'usr/share': '700 7:8' })]);
  });

  it('shows implied directories so after the daemon died, before and after their first use', async () => {
    await using opened = open();
    for (const [index, chainId] of chain.entries()) await opened.snapshotter.apply(chainId, streamOf(sparseChain[index]!), {});
    await check(await opened.again(), 3, upToThird);
    await check(await opened.again(), 4, { ...upToThird, 'usr/share': '700 7:8' });
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
