import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { copySparse, dataFrom, isZeros } from './holes.ts';

let directory: string;
before(() => void (directory = mkdtempSync(join(tmpdir(), 'gantry-holes-'))));
after(() => rmSync(directory, { recursive: true, force: true }));

/** 1 MB with a few bytes in the middle and nothing else. */
function sparse(): string {
  const path = join(directory, 'sparse');
  writeFileSync(path, '');
  truncateSync(path, 1 << 20);
  const fd = openSync(path, 'r+');
  writeSync(fd, 'data', 500_000);
  closeSync(fd);
  return path;
}

describe('holes of files', () => {
  it('isZeros() says whether anything else is in it, wherever that stands', () => {
    const chunk = Buffer.alloc(700_000);
    assert.equal(isZeros(chunk), true);
    for (const at of [0, 1, 1 << 18, 699_999]) {
      chunk[at] = 1;
      assert.equal(isZeros(chunk), false);
      chunk[at] = 0;
    }
    assert.equal(isZeros(Buffer.alloc(0)), false);
  });

  it('dataFrom() finds the data and then only the hole', () => {
    const fd = openSync(sparse(), 'r');
    const run = dataFrom(fd, 0, 1 << 20)!;
    assert.ok(run.start <= 500_000 && run.end >= 500_004 && run.end - run.start <= 1 << 16);
    assert.equal(dataFrom(fd, run.end, 1 << 20), undefined);
    closeSync(fd);
  });

  it('copySparse() copies bytes and holes, and leaves whole files to others', () => {
    const [from, target] = [sparse(), join(directory, 'copy')];
    const [source, copy] = [openSync(from, 'r'), openSync(target, 'wx')];
    assert.equal(copySparse(source, copy), true);
    closeSync(source);
    closeSync(copy);
    assert.ok(readFileSync(target).equals(readFileSync(from)));
    assert.equal(statSync(target).blocks, statSync(from).blocks);
    writeFileSync(join(directory, 'whole'), Buffer.alloc(8192, 1));
    const [whole, none] = [openSync(join(directory, 'whole'), 'r'), openSync(join(directory, 'none'), 'wx')];
    assert.equal(copySparse(whole, none), false);
    closeSync(whole);
    closeSync(none);
  });
});
