import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { errnoOf } from '../../../src/base/errors.ts';
import { mount, unmount } from '../../../src/host/mount.ts';
import { openMetadata } from '../../../src/store/metadata/sqlite.ts';

/** A disk of its own, filled to its last byte by `fill()`. */
function smallDisk(): Disposable & { path: string; fill: () => void; free: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'gantry-full-'));
  mount('tmpfs', path, { type: 'tmpfs', data: 'size=32m' });
  const filler = join(path, 'filler');
  return {
    path,
    fill: () => {
      const fd = openSync(filler, 'a');
      try {
        for (const bytes of [1 << 16, 1 << 12]) writeUntilFull(fd, Buffer.alloc(bytes, 'x'));
      } finally {
        closeSync(fd);
      }
    },
    free: () => rmSync(filler),
    [Symbol.dispose]: () => {
      unmount(path, { lazy: true });
      rmSync(path, { recursive: true });
    },
  };
}

function writeUntilFull(fd: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(fd, bytes);
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
  }
}

const record = { text: 'x'.repeat(5000) };

describe('records on a full disk', () => {
  it('can be removed, one by one and in durable transactions, so that the disk can be freed', () => {
    using disk = smallDisk();
    const path = join(disk.path, 'gantry.db');
    const metadata = openMetadata(path);
    const table = metadata.table<typeof record>('settings');
    for (let index = 0; index < 400; index++) table.put(`key-${index}`, record);
    disk.fill();
    for (let index = 0; index < 200; index++) assert.equal(table.delete(`key-${index}`), true);
    for (let index = 200; index < 400; index++) metadata.transaction(() => table.delete(`key-${index}`), { durable: true });
    assert.deepEqual(table.all(), []);
    metadata.close();
    const again = openMetadata(path);
    assert.deepEqual(again.table('settings').all(), []);
    again.close();
  });

  it('can be removed in a durable transaction that is the first to find the disk full', () => {
    using disk = smallDisk();
    const metadata = openMetadata(join(disk.path, 'gantry.db'));
    const table = metadata.table<typeof record>('settings');
    table.put('key', record);
    disk.fill();
    metadata.transaction(() => table.delete('key'), { durable: true });
    assert.deepEqual(table.all(), []);
    metadata.close();
  });

  it('are refused with the reason when even the reserve is used up, and taken again once there is room', () => {
    using disk = smallDisk();
    const path = join(disk.path, 'gantry.db');
    const metadata = openMetadata(path);
    const table = metadata.table<typeof record>('settings');
    disk.fill();
    let kept = 0;
    assert.throws(() => {
      for (; kept < 5000; kept++) table.put(`key-${kept}`, record);
    }, { kind: 'exhausted', message: /no space left on device/ });
    assert.equal(table.all().length, kept);
    disk.free();
    table.put('more', record);
    assert.equal(table.all().length, kept + 1);
    assert.ok(statSync(`${path}-reserve`).size > 0, 'the reserve is there again');
    metadata.close();
  });
});
