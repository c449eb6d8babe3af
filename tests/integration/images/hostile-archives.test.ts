import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TarDecoder } from '../../../src/base/tar/decoder.ts';
import { hasKind } from '../../../src/base/errors.ts';
import { getXattr } from '../../../src/host/files.ts';
import { LayerTree } from '../../../src/store/snapshots/erofs/layer-tree.ts';
import { NotIndexable } from '../../../src/store/snapshots/erofs/sparse-data.ts';
import { writeIndex } from '../../../src/store/snapshots/erofs/write-index.ts';
import { Extractor } from '../../../src/store/snapshots/extract.ts';
import { removeTree } from '../../../src/store/snapshots/remove-tree.ts';
import { tarOf, type Member } from './archive-builder.ts';

/** A directory beside the one that is extracted into: nothing in it may ever change. */
let directory: string;
let round = 0;
before(() => void (directory = mkdtempSync(join(tmpdir(), 'gantry-hostile-'))));
after(() => rmSync(directory, { recursive: true, force: true }));

function extract(members: Member[], options: { whiteouts?: 'overlay' | 'none'; maxBytes?: number } = {}): { root: string; canary: () => string; run: () => void } {
  const home = join(directory, String(round++));
  const root = join(home, 'in', 'root');
  mkdirSync(root, { recursive: true });
  mkdirSync(join(home, 'canary'));
  writeFileSync(join(home, 'canary', 'file'), 'alive');
  const bytes = tarOf(members);
  const canary = (): string => execFileSync('find', ['.', '-path', './in/root/*', '-prune', '-o', '-type', 'f', '-printf', '%p %s %m %n\n'], { cwd: home, encoding: 'utf8' });
  const run = (): void => {
    const extractor = new Extractor(root, { whiteouts: 'overlay', ...options });
    try {
      const decoder = new TarDecoder(extractor);
      decoder.write(bytes);
      decoder.end();
      extractor.finish();
    } finally {
      extractor.close();
    }
  };
  return { root, canary, run };
}

/** The form in which nothing is unpacked. What it cannot say is extracted, and refused then. */
function index(members: readonly Member[]): Buffer {
  const tree = new LayerTree({ maxBytes: Infinity });
  const decoder = new TarDecoder(tree);
  const bytes = tarOf(members);
  decoder.write(bytes);
  decoder.end();
  return writeIndex(tree.root, bytes.length);
}

describe('extraction never leaves its directory', () => {
  const outside = '../../canary';
  const refused: [what: string, members: Member[]][] = [
    ['a name with ..', [{ name: '../../canary/new', body: 'x' }]],
    ['a name with .. in the middle', [{ name: 'a/../../../canary/new', body: 'x' }]],
    ['a hard link to ..', [{ name: 'l', type: 'link', linkName: `${outside}/file` }, { name: 'l', body: 'overwritten' }]],
    ['a hard link through a symlink', [{ name: 's', type: 'symlink', linkName: outside }, { name: 'l', type: 'link', linkName: 's/file' }]],
    ['a hard link to the root', [{ name: 'l', type: 'link', linkName: '/' }]],
    ['a whiteout of ..', [{ name: 'a/.wh...', body: '' }]],
    ['a whiteout of .', [{ name: 'a/.wh..', body: '' }]],
    ['a whiteout of nothing', [{ name: 'a/.wh.', body: '' }]],
    ['a file in place of the root', [{ name: './', type: 'symlink', linkName: outside }]],
    ['a parent that is a file', [{ name: 'f', body: 'x' }, { name: 'f/below', body: 'y' }]],
    ['a parent that is a FIFO', [{ name: 'f', type: 'fifo' }, { name: 'f/below', body: 'y' }]],
    ['a loop of symlinks', [{ name: 'a', type: 'symlink', linkName: 'b' }, { name: 'b', type: 'symlink', linkName: 'a' }, { name: 'a/x', body: 'y' }]],
    ['a name that is too long', [{ name: 'x'.repeat(300), body: 'y' }]],
    ['a name of too many bytes', [{ name: 'é'.repeat(128), body: 'y' }]],
    ['a directory on the way whose name is too long', [{ name: `${'x'.repeat(300)}/below`, body: 'y' }]],
    ['a whiteout of a name that is too long', [{ name: `.wh.${'x'.repeat(300)}`, body: '' }]],
    ['a symlink to nothing', [{ name: 's', type: 'symlink', linkName: '' }]],
    ['a symlink to more than a path', [{ name: 's', type: 'symlink', linkName: 'x'.repeat(4096) }]],
    ['a hard link before its target', [{ name: 'l', type: 'link', linkName: 'f' }, { name: 'f', body: 'x' }]],
    ['an attribute whose name is too long', [{ name: 'f', body: 'x', xattrs: new Map([[`user.${'n'.repeat(300)}`, Buffer.from('v')]]) }]],
    ['an owner that is no number of an owner', [{ name: 'f', body: 'x', uid: 2 ** 33 + 1 }]],
  ];
  for (const [what, members] of refused) {
    it(`refuses ${what}`, () => {
      const { run, canary } = extract(members);
      const before = canary();
      assert.throws(run, { kind: 'invalid' });
      assert.equal(canary(), before);
    });
    it(`indexes no ${what}`, () => assert.throws(() => index(members), (error) => hasKind(error, 'invalid') || error instanceof NotIndexable));
  }

  it('refuses a link through /proc, which an index takes for a directory of the layer', () => {
    const members: Member[] = [{ name: 'p', type: 'symlink', linkName: '/proc/self/cwd' }, { name: 'p/x', body: 'y' }];
    assert.throws(extract(members).run, { kind: 'invalid' });
    index(members);
  });

  const contained: [what: string, members: Member[], at: string][] = [
    ['an absolute name', [{ name: '/canary/file', body: 'x' }], 'canary/file'],
    ['an absolute symlink to a directory of the archive', [{ name: 'real/', type: 'directory' }, { name: 's', type: 'symlink', linkName: '/real' }, { name: 's/file', body: 'x' }], 'real/file'],
    ['a symlink with more .. than there are levels', [{ name: 'real/', type: 'directory' }, { name: 's', type: 'symlink', linkName: '../../../../real' }, { name: 's/file', body: 'x' }], 'real/file'],
    ['a file over a symlink', [{ name: 's', type: 'symlink', linkName: `${outside}/file` }, { name: 's', body: 'x' }], 's'],
    ['a directory swapped for a symlink and back', [
      { name: 'd/', type: 'directory' }, { name: 'd/a', body: '1' }, { name: 'd', type: 'symlink', linkName: outside }, { name: 'd', type: 'directory' }, { name: 'd/file', body: 'x' },
    ], 'd/file'],
  ];
  for (const [what, members, at] of contained) {
    it(`keeps ${what} inside`, () => {
      const { run, canary, root } = extract(members);
      const before = canary();
      run();
      assert.equal(readFileSync(join(root, at), 'utf8'), 'x');
      assert.equal(canary(), before);
    });
  }

  it('does not change modes, owners or times of what a symlink points at', () => {
    const { run, root } = extract([{ name: 's', type: 'symlink', linkName: '/etc/hostname', uid: 1234, gid: 1234, mtime: { seconds: 5, nanoseconds: 0 } }]);
    const before = statSync('/etc/hostname');
    run();
    assert.deepEqual([statSync('/etc/hostname').uid, statSync('/etc/hostname').mtimeMs], [before.uid, before.mtimeMs]);
    assert.deepEqual([lstatSync(join(root, 's')).uid, lstatSync(join(root, 's')).mtimeMs], [1234, 5000]);
  });

  it('refuses to unpack more than it may', () => {
    const { run } = extract([{ name: 'a', body: 'x'.repeat(2000) }], { maxBytes: 1000 });
    assert.throws(run, /more than 1000 bytes/);
  });

  it('leaves out attributes that are orders to overlay', () => {
    const { run, root } = extract([{ name: 'd', type: 'directory', xattrs: new Map([['trusted.overlay.redirect', Buffer.from('/etc')], ['user.mine', Buffer.from('1')]]) }]);
    run();
    assert.equal(getXattr(join(root, 'd'), 'trusted.overlay.redirect'), undefined);
    assert.equal(getXattr(join(root, 'd'), 'user.mine')?.toString(), '1');
  });
});

describe('layers become overlay directories', () => {
  const isWhiteout = (path: string): boolean => lstatSync(path).isCharacterDevice() && lstatSync(path).rdev === 0;
  const isOpaque = (path: string): boolean => getXattr(path, 'trusted.overlay.opaque')?.toString() === 'y';

  it('makes a whiteout, and an opaque directory', () => {
    const { run, root } = extract([{ name: 'a/.wh.gone' }, { name: 'b/', type: 'directory' }, { name: 'b/.wh..wh..opq' }, { name: '.wh..wh.plnk/', type: 'directory' }]);
    run();
    assert.ok(isWhiteout(join(root, 'a/gone')));
    assert.ok(isOpaque(join(root, 'b')));
    assert.deepEqual(readdirSync(join(root, 'b')), []);
    assert.deepEqual(readdirSync(root).sort(), ['a', 'b']);
  });

  it('keeps what the same layer brings, whatever the order', () => {
    const { run, root } = extract([{ name: 'x', body: 'new' }, { name: '.wh.x' }, { name: '.wh.y' }, { name: 'y', body: 'new' }]);
    run();
    for (const name of ['x', 'y']) assert.equal(readFileSync(join(root, name), 'utf8'), 'new');
  });

  it('makes a directory opaque that the same layer also whites out', () => {
    const { run, root } = extract([{ name: 'x/', type: 'directory' }, { name: '.wh.x' }, { name: '.wh.y' }, { name: 'y/', type: 'directory' }, { name: '.wh.z' }, { name: 'z/f', body: 'x' }]);
    run();
    for (const name of ['x', 'y', 'z']) assert.ok(isOpaque(join(root, name)), name);
  });

  it('keeps names that begin with .wh. when the archive is no layer', () => {
    const { run, root } = extract([{ name: '.wh.x', body: 'plain' }], { whiteouts: 'none' });
    run();
    assert.equal(readFileSync(join(root, '.wh.x'), 'utf8'), 'plain');
  });

  it('keeps setuid over a change of owner, and times of directories over their members', () => {
    const moment = { seconds: 1_000_000_000, nanoseconds: 123_456_789 };
    const { run, root } = extract([{ name: 'd/', type: 'directory', mode: 0o2750, uid: 7, gid: 8, mtime: moment }, { name: 'd/f', mode: 0o4755, uid: 7, gid: 8, body: 'x', mtime: moment }]);
    run();
    for (const [path, mode] of [['d', 0o2750], ['d/f', 0o4755]] as const) {
      const found = lstatSync(join(root, path), { bigint: true });
      assert.deepEqual([Number(found.mode & 0o7777n), found.uid, found.gid, found.mtimeNs], [mode, 7n, 8n, 1_000_000_000_123_456_789n]);
    }
  });

  it('keeps hard links as one file, whatever directory cache they go through', () => {
    const many: Member[] = Array.from({ length: 600 }, (_, index) => ({ name: `d${index}/l`, type: 'link', linkName: 'first/file' }));
    const { run, root } = extract([{ name: 'first/file', body: 'x' }, ...many, { name: 's', type: 'symlink', linkName: 'nowhere' }]);
    run();
    assert.equal(statSync(join(root, 'first/file')).nlink, 601);
    assert.equal(readlinkSync(join(root, 's')), 'nowhere');
  });
});

describe('removeTree()', () => {
  it('removes trees deeper than a path can name, and names that are not text', () => {
    const top = join(directory, 'deep');
    execFileSync('perl', ['-e', `
sub file { open(my $file, '>', $_[0]) or die $! }
mkdir($ARGV[0]) && chdir($ARGV[0]) or die $!;
file("\\xff\\xfe"); mkdir("dir\\xff") or die $!; file("dir\\xff/x");
for (0 .. 599) { my $name = sprintf('directory-%04d', $_); mkdir($name, 0500) or die $!; file('f'); chdir($name) or die $! }
`, top]);
    assert.equal(removeTree(top), true);
    assert.equal(lstatSync(top, { throwIfNoEntry: false }), undefined);
    assert.equal(removeTree(top), true);
  });

  it('follows no links, and stops when its budget is used up', () => {
    const top = join(directory, 'links');
    mkdirSync(join(top, 'a'), { recursive: true });
    writeFileSync(join(directory, 'outside'), 'alive');
    execFileSync('ln', ['-s', directory, join(top, 'a', 'link')]);
    for (let index = 0; index < 20; index++) writeFileSync(join(top, `f${index}`), '');
    assert.equal(removeTree(top, 5), false);
    assert.equal(removeTree(top), true);
    assert.equal(readFileSync(join(directory, 'outside'), 'utf8'), 'alive');
  });
});
