import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { hasKind } from '../../../base/errors.ts';
import { getXattr, listXattrs, setXattr } from '../../../host/files.ts';
import { mountOverlay, mounts, unmount } from '../../../host/mount.ts';
import type { Digest } from '../../content/content.ts';
import type { LayerSnapshotter } from '../layer-snapshotter.ts';
import { openErofsSnapshotter } from './erofs.ts';
import { canMountIndexes } from './probe.ts';

const capable = process.getuid?.() === 0 && canMountIndexes(tmpdir());
const chain = (letter: string): Digest => `sha256:${letter.repeat(64)}`;

describe('layers that are never unpacked', { skip: capable ? false : 'this kernel does not mount EROFS from a file' }, () => {
  let folder: string;
  let snapshotter: LayerSnapshotter;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-erofs-'));
    snapshotter = openErofsSnapshotter({ directory: join(folder, 'snapshots'), mountsDirectory: join(folder, 'layers') });
  });
  after(async () => {
    await snapshotter.close();
    assert.deepEqual(mounts().filter(({ target }) => target.startsWith(folder)), []);
    rmSync(folder, { recursive: true });
  });

  const archive = (build: (directory: string) => void, ...options: string[]): Buffer => {
    const tree = mkdtempSync(join(folder, 'tree-'));
    build(tree);
    return execFileSync('tar', ['--format=posix', '--numeric-owner', ...options, '-C', tree, '-cf', '-', '.'], { maxBuffer: 1 << 28 });
  };
  const shown = async (letter: string, tar: Buffer): Promise<string> => {
    await snapshotter.apply(chain(letter), Readable.from([tar]), {});
    return (await snapshotter.acquire([chain(letter)])).directories[0]!;
  };

  test('a layer shows names, bytes, links, owners and times of its tar', async () => {
    const tar = archive((tree) => {
      writeFileSync(join(tree, 'file'), 'hello\n', { mode: 0o640 });
      writeFileSync(join(tree, 'large'), Buffer.alloc(3_000_001, 'abc'));
      mkdirSync(join(tree, 'many'));
      for (let index = 0; index < 500; index++) writeFileSync(join(tree, 'many', `a-rather-long-name-${index}`), String(index));
      execFileSync('ln', ['-s', 'file', join(tree, 'symlink')]);
      execFileSync('ln', ['-s', 'x/'.repeat(900), join(tree, 'long-symlink')]);
      execFileSync('ln', [join(tree, 'file'), join(tree, 'hardlink')]);
      execFileSync('mknod', [join(tree, 'null'), 'c', '1', '3']);
      execFileSync('chown', ['70000:80000', join(tree, 'large')]);
      execFileSync('touch', ['-d', '2001-02-03T04:05:06.789Z', join(tree, 'large')]);
    });
    const root = await shown('a', tar);
    assert.equal(readFileSync(join(root, 'hardlink'), 'utf8'), 'hello\n');
    assert.equal(statSync(join(root, 'file')).nlink, 2);
    assert.equal(statSync(join(root, 'file')).mode & 0o7777, 0o640);
    assert.deepEqual(readFileSync(join(root, 'large')), Buffer.alloc(3_000_001, 'abc'));
    assert.equal(statSync(join(root, 'large')).uid, 70000);
    assert.equal(statSync(join(root, 'large')).mtimeMs, Date.parse('2001-02-03T04:05:06.789Z'));
    assert.equal(readlinkSync(join(root, 'symlink')), 'file');
    assert.equal(readlinkSync(join(root, 'long-symlink')), 'x/'.repeat(900));
    assert.equal(readdirSync(join(root, 'many')).length, 500);
    assert.equal(readFileSync(join(root, 'many/a-rather-long-name-499'), 'utf8'), '499');
    assert.equal(statSync(join(root, 'null')).rdev, 0x103);
  });

  test('the same layer compressed has the same diffId, and its tar is kept bit for bit', async () => {
    const tar = archive((tree) => writeFileSync(join(tree, 'x'), 'x'));
    const plain = await snapshotter.apply(chain('b'), Readable.from([tar]), {});
    const zipped = await snapshotter.apply(chain('c'), Readable.from([gzipSync(tar)]), {});
    assert.equal(zipped.diffId, plain.diffId);
    const home = readdirSync(join(folder, 'snapshots')).find((name) => name === 'c'.repeat(32))!;
    assert.deepEqual(readFileSync(join(folder, 'snapshots', home, 'layer.tar')), tar);
  });

  test('whiteouts and opaque directories hide what is below', async () => {
    const lower = archive((tree) => {
      mkdirSync(join(tree, 'opaque'));
      writeFileSync(join(tree, 'opaque/below'), '');
      writeFileSync(join(tree, 'hidden'), '');
      writeFileSync(join(tree, 'kept'), '');
    });
    const upper = archive((tree) => {
      mkdirSync(join(tree, 'opaque'));
      writeFileSync(join(tree, 'opaque/.wh..wh..opq'), '');
      writeFileSync(join(tree, 'opaque/above'), '');
      writeFileSync(join(tree, '.wh.hidden'), '');
    });
    await snapshotter.apply(chain('d'), Readable.from([lower]), {});
    await snapshotter.apply(chain('e'), Readable.from([upper]), {});
    const lowers = await snapshotter.acquire([chain('d'), chain('e')]);
    const target = join(folder, 'merged');
    mkdirSync(target);
    mountOverlay({ lower: lowers.directories, target });
    try {
      assert.deepEqual(readdirSync(target).sort(), ['kept', 'opaque']);
      assert.deepEqual(readdirSync(join(target, 'opaque')), ['above']);
    } finally {
      unmount(target);
      await lowers.release();
    }
  });

  test('extended attributes come through, overlay\'s own do not', async () => {
    // CAP_NET_RAW, effective: struct vfs_cap_data, revision 2.
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
    const tar = archive((tree) => {
      writeFileSync(join(tree, 'capable'), '');
      setXattr(join(tree, 'capable'), 'security.capability', capability);
      setXattr(tree, 'trusted.overlay.opaque', Buffer.from('y'));
    }, '--xattrs', '--xattrs-include=*');
    const root = await shown('f', tar);
    assert.deepEqual(getXattr(join(root, 'capable'), 'security.capability'), capability);
    assert.deepEqual(listXattrs(root), []);
  });

  test('a sparse file keeps its holes and its bytes', async () => {
    const tar = archive((tree) => {
      const file = join(tree, 'sparse');
      writeFileSync(file, '');
      truncateSync(file, 5 << 20);
      execFileSync('dd', ['if=/dev/urandom', `of=${file}`, 'bs=4096', 'seek=300', 'count=2', 'conv=notrunc', 'status=none']);
      writeFileSync(join(folder, 'wanted'), readFileSync(file));
    }, '--sparse');
    assert.ok(tar.length < 1 << 20);
    assert.deepEqual(readFileSync(join(await shown('1', tar), 'sparse')), readFileSync(join(folder, 'wanted')));
  });

  test('a wrong diffId, a truncated tar and a name that leads out leave nothing', async () => {
    const tar = archive((tree) => writeFileSync(join(tree, 'x'), 'x'.repeat(5000)));
    const invalid = (error: unknown): boolean => hasKind(error, 'invalid');
    await assert.rejects(snapshotter.apply(chain('2'), Readable.from([tar]), { diffId: chain('3') }), invalid);
    await assert.rejects(snapshotter.apply(chain('2'), Readable.from([tar.subarray(0, 2048)]), {}), invalid);
    const hostile = archive((tree) => writeFileSync(join(tree, 'x'), ''), '--transform=s,^,../../,');
    await assert.rejects(snapshotter.apply(chain('2'), Readable.from([hostile]), {}), invalid);
    assert.equal(snapshotter.has(chain('2')), false);
    assert.deepEqual(readdirSync(join(folder, 'snapshots/new')), []);
  });

  test('removal takes the mount and the files away', async () => {
    const tar = archive((tree) => writeFileSync(join(tree, 'x'), 'x'));
    await snapshotter.apply(chain('4'), Readable.from([tar]), {});
    const lowers = await snapshotter.acquire([chain('4')]);
    await assert.rejects(snapshotter.remove(chain('4')), (error) => hasKind(error, 'conflict'));
    await lowers.release();
    await snapshotter.remove(chain('4'));
    assert.equal(existsSync(lowers.directories[0]!), false);
    assert.equal(lstatSync(join(folder, 'snapshots', '4'.repeat(32)), { throwIfNoEntry: false }), undefined);
  });
});
