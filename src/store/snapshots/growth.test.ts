import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { tarEnd, tarHeader, tarPadding } from '../../base/tar/encoder.ts';
import { digestOf } from '../../oci/digest.ts';
import { Growth, readLayerFile } from './growth.ts';
import { openDirectorySnapshotter } from './directories.ts';

let directory: string;
before(() => void (directory = mkdtempSync(join(tmpdir(), 'gantry-growth-'))));
after(() => rmSync(directory, { recursive: true, force: true }));

describe('readLayerFile()', () => {
  it('follows a file that grows, to its end and no further', async () => {
    const file = join(directory, 'growing');
    writeFileSync(file, 'one ');
    const growth = new Growth();
    const seen: string[] = [];
    for await (const chunk of readLayerFile({ file, growth: growth.cells })) {
      seen.push(String(chunk));
      if (seen.length === 1) setImmediate(() => { appendFileSync(file, 'two '); growth.grew(); });
      if (seen.length === 2) setImmediate(() => { appendFileSync(file, 'three'); growth.complete(); });
    }
    assert.equal(seen.join(''), 'one two three');
    assert.equal(growth.readBytes, 1024);
  });

  it('fails when the writer gives up, also while it waits', async () => {
    const file = join(directory, 'broken');
    writeFileSync(file, 'one');
    const growth = new Growth();
    await assert.rejects(async () => {
      for await (const _ of readLayerFile({ file, growth: growth.cells })) setImmediate(() => growth.break());
    }, /did not come whole/);
    growth.complete();
    assert.equal(growth.isBroken, true);
  });

  it('finds a file that was renamed before it was opened', async () => {
    const [file, movedTo] = [join(directory, 'old'), join(directory, 'new')];
    writeFileSync(file, 'all');
    const growth = new Growth();
    growth.complete();
    renameSync(file, movedTo);
    assert.equal(String(Buffer.concat(await Array.fromAsync(readLayerFile({ file, movedTo, growth: growth.cells })))), 'all');
  });
});

describe('LayerSnapshotter.apply() of a growing file', () => {
  it('stops when it is told to while no more comes, also while it waits for its turn', async () => {
    const file = join(directory, 'silent');
    writeFileSync(file, tarHeader({ name: 'file', size: 5 }));
    const growth = new Growth();
    const snapshots = openDirectorySnapshotter({ directory: join(directory, 'snapshots-silent') });
    const stops = [new AbortController(), new AbortController()];
    const applying = stops.map(({ signal }) => snapshots.apply(digestOf('x'), { file, growth: growth.cells }, { signal }));
    const outcomes = Promise.allSettled(applying);
    while (growth.readBytes === 0) await new Promise((resolve) => setImmediate(resolve));
    stops[1]!.abort(new Error('the second leaves'));
    await assert.rejects(applying[1]!, /the second leaves/);
    stops[0]!.abort(new Error('the first leaves'));
    await assert.rejects(applying[0]!, /the first leaves/);
    await outcomes;
    await snapshots.close();
  });

  it('unpacks in its thread what comes, and is done when it is whole', async () => {
    const tar = Buffer.concat([tarHeader({ name: 'file', size: 5 }), Buffer.from('hello'), tarPadding(5), tarEnd()]);
    const blob = gzipSync(tar);
    const file = join(directory, 'layer');
    writeFileSync(file, blob.subarray(0, 10));
    const growth = new Growth();
    const snapshots = openDirectorySnapshotter({ directory: join(directory, 'snapshots') });
    const applied = snapshots.apply(digestOf(tar), { file, growth: growth.cells }, { diffId: digestOf(tar) });
    appendFileSync(file, blob.subarray(10, 30));
    growth.grew();
    setImmediate(() => {
      appendFileSync(file, blob.subarray(30));
      growth.complete();
    });
    assert.equal((await applied).tarBytes, tar.length);
    await snapshots.close();
  });
});
