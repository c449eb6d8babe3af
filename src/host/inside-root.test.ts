import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { makeDirectoryInside, readInside } from './inside-root.ts';

let top: string;
let root: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'gantry-inside-'));
  root = join(top, 'root');
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(top, 'secret'), 'host');
});
afterEach(() => rmSync(top, { recursive: true }));

test('readInside() follows links within the root and none out of it', () => {
  writeFileSync(join(root, 'etc/real'), 'inside');
  symlinkSync('/etc/real', join(root, 'etc/passwd'));
  symlinkSync('../../secret', join(root, 'etc/climb'));
  symlinkSync(join(top, 'secret'), join(root, 'etc/absolute'));
  assert.equal(readInside(root, '/etc/passwd', 100), 'inside');
  assert.equal(readInside(root, '/etc/climb', 100), undefined);
  assert.equal(readInside(root, '/etc/absolute', 100), undefined);
});

test('readInside() gives nothing for a directory, a missing file and one too large', () => {
  writeFileSync(join(root, 'etc/big'), 'x'.repeat(101));
  for (const path of ['/etc', '/etc/none', '/etc/big', '/etc/big/below']) assert.equal(readInside(root, path, 100), undefined, path);
});

test('makeDirectoryInside() makes parents, goes through links inside the root, and leaves the host alone', () => {
  symlinkSync('/', join(root, 'up'));
  symlinkSync(top, join(root, 'out'));
  makeDirectoryInside(root, '/a/b/c', { uid: 0, gid: 0 });
  makeDirectoryInside(root, '/up/d', { uid: 0, gid: 0 });
  assert.ok(existsSync(join(root, 'a/b/c')) && existsSync(join(root, 'd')));
  assert.throws(() => makeDirectoryInside(root, '/out/evil', { uid: 0, gid: 0 }));
  assert.deepEqual(readdirSync(top).sort(), ['root', 'secret']);
});
