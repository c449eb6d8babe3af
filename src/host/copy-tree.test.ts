import assert from 'node:assert/strict';
import { chmodSync, chownSync, closeSync, constants, linkSync, lstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { copyTree } from './copy-tree.ts';
import { AT_FDCWD, fileTypes, getXattr, mknodAt, setXattr } from './files.ts';

const asRoot = { skip: process.getuid?.() !== 0 };

function folders(t: TestContext): { top: string; from: string; to: string; copy: () => void } {
  const top = mkdtempSync(join(tmpdir(), 'gantry-copy-'));
  t.after(() => rmSync(top, { recursive: true }));
  const [from, to] = [join(top, 'from'), join(top, 'to')];
  mkdirSync(from);
  mkdirSync(to);
  const copy = (): void => {
    const [source, target] = [from, to].map((path) => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)) as [number, number];
    try {
      copyTree(source, target);
    } finally {
      closeSync(source);
      closeSync(target);
    }
  };
  return { top, from, to, copy };
}

test('copyTree() keeps owners, modes, times, links, hard links and attributes', asRoot, (t) => {
  const { from, to, copy } = folders(t);
  mkdirSync(join(from, 'dir'));
  writeFileSync(join(from, 'dir/file'), 'text');
  chownSync(join(from, 'dir/file'), 12, 34);
  chmodSync(join(from, 'dir/file'), 0o4751);
  setXattr(join(from, 'dir/file'), 'security.gantry', Buffer.from('v'));
  setXattr(join(from, 'dir'), 'user.dir', Buffer.from('d'));
  linkSync(join(from, 'dir/file'), join(from, 'again'));
  symlinkSync('/nowhere', join(from, 'link'));
  utimesSync(join(from, 'dir'), 1.5, 1.5);
  chownSync(from, 56, 78);
  chmodSync(from, 0o1770);
  copy();
  const file = lstatSync(join(to, 'dir/file'));
  assert.deepEqual([file.uid, file.gid, file.mode & 0o7777, file.nlink], [12, 34, 0o4751, 2]);
  assert.equal(file.ino, lstatSync(join(to, 'again')).ino);
  assert.equal(readFileSync(join(to, 'again'), 'utf8'), 'text');
  assert.equal(getXattr(join(to, 'dir/file'), 'security.gantry')?.toString(), 'v');
  assert.equal(getXattr(join(to, 'dir'), 'user.dir')?.toString(), 'd');
  assert.equal(lstatSync(join(to, 'dir')).mtimeMs, 1500);
  assert.equal(readlinkSync(join(to, 'link')), '/nowhere');
  const root = lstatSync(to);
  assert.deepEqual([root.uid, root.gid, root.mode & 0o7777], [56, 78, 0o1770]);
});

test('copyTree() makes devices and FIFOs again, opens none of them, and leaves sockets', asRoot, (t) => {
  const { from, to, copy } = folders(t);
  mknodAt(AT_FDCWD, join(from, 'fifo'), fileTypes.fifo | 0o600);
  mknodAt(AT_FDCWD, join(from, 'null'), fileTypes.character | 0o666, 0x103n);
  mknodAt(AT_FDCWD, join(from, 'socket'), 0o140000 | 0o666);
  chmodSync(join(from, 'null'), 0o641);
  copy();
  assert.deepEqual(readdirSync(to).sort(), ['fifo', 'null']);
  assert.ok(lstatSync(join(to, 'fifo')).isFIFO());
  const device = lstatSync(join(to, 'null'));
  assert.deepEqual([device.isCharacterDevice(), device.rdev, device.mode & 0o7777], [true, 0x103, 0o641]);
});

test('copyTree() writes through no link that stands in the target', (t) => {
  const { top, from, to, copy } = folders(t);
  mkdirSync(join(top, 'host'));
  mkdirSync(join(from, 'sub'));
  writeFileSync(join(from, 'sub/file'), 'evil');
  symlinkSync(join(top, 'host'), join(to, 'sub'));
  assert.throws(copy, { code: 'EEXIST' });
  assert.deepEqual(readdirSync(join(top, 'host')), []);
});

test('copyTree() copies links to directories as links, whatever they lead to', (t) => {
  const { top, from, to, copy } = folders(t);
  writeFileSync(join(top, 'secret'), 'host');
  symlinkSync(top, join(from, 'out'));
  symlinkSync('../secret', join(from, 'file'));
  copy();
  assert.deepEqual(readdirSync(to).map((name) => readlinkSync(join(to, name))), ['../secret', top]);
});
