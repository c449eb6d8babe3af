import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { tarEnd, tarHeader, tarPadding, type TarOutput } from '../../../base/tar/encoder.ts';
import { unpack } from './unpack.ts';

type Member = TarOutput & { text?: string };

async function* archive(members: readonly Member[]): AsyncGenerator<Buffer> {
  for (const { text, ...entry } of members) {
    const body = Buffer.from(text ?? '');
    yield tarHeader(text === undefined ? entry : { ...entry, size: body.length });
    yield body;
    yield tarPadding(body.length);
  }
  yield tarEnd();
}

describe('unpack()', () => {
  let folder: string;
  let inside: string;
  const unpacked = (members: readonly Member[], names: { from?: string; to?: string } = {}): Promise<void> =>
    unpack(archive(members), { directory: inside, from: names.from ?? 'top', to: names.to ?? 'top' });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-unpack-'));
    inside = join(folder, 'inside');
    mkdirSync(inside);
    mkdirSync(join(folder, 'outside'));
    writeFileSync(join(folder, 'outside/secret'), 'untouched');
  });
  afterEach(() => {
    assert.equal(readFileSync(join(folder, 'outside/secret'), 'utf8'), 'untouched');
    assert.deepEqual(readdirSync(join(folder, 'outside')), ['secret']);
    assert.deepEqual(readdirSync(folder), ['inside', 'outside']);
    rmSync(folder, { recursive: true, force: true });
  });

  test('gives files their bytes, modes and times, and directories theirs at the end', async () => {
    const mtime = { seconds: 1_000_000_000, nanoseconds: 123_456_789 };
    await unpacked([{ name: 'top/', type: 'directory', mode: 0o500, mtime }, { name: 'top/run', mode: 0o4755, mtime, text: 'hello' }]);
    assert.equal(readFileSync(join(inside, 'top/run'), 'utf8'), 'hello');
    assert.equal(statSync(join(inside, 'top/run')).mode & 0o7777, 0o4755);
    assert.equal(statSync(join(inside, 'top/run'), { bigint: true }).mtimeNs, 1_000_000_000_123_456_789n);
    assert.equal(statSync(join(inside, 'top')).mode & 0o7777, 0o500);
    assert.equal(statSync(join(inside, 'top'), { bigint: true }).mtimeNs, 1_000_000_000_123_456_789n);
  });

  test('renames the top, also in the targets of hard links', async () => {
    await unpacked([{ name: 'top/', type: 'directory' }, { name: 'top/a', text: 'x' }, { name: 'top/b', type: 'link', linkName: 'top/a' }], { to: 'new' });
    assert.equal(statSync(join(inside, 'new/a')).ino, statSync(join(inside, 'new/b')).ino);
  });

  test('keeps symlinks as they are and never goes through one', async () => {
    await assert.rejects(unpacked([
      { name: 'top/', type: 'directory' }, { name: 'top/out', type: 'symlink', linkName: '../../outside' }, { name: 'top/out/secret', text: 'overwritten' },
    ]), /not a directory/);
    assert.equal(readlinkSync(join(inside, 'top/out')), '../../outside');
  });

  test('does not follow a symlink that was there before', async () => {
    symlinkSync(join(folder, 'outside'), join(inside, 'top'));
    await assert.rejects(unpacked([{ name: 'top/', type: 'directory' }, { name: 'top/secret', text: 'overwritten' }]), /cannot overwrite non-directory ".*\/top" with directory/);
  });

  test('replaces a symlink at the place of a file, not its target', async () => {
    symlinkSync(join(folder, 'outside/secret'), join(inside, 'top'));
    await unpacked([{ name: 'top', text: 'mine' }]);
    assert.equal(lstatSync(join(inside, 'top')).isFile(), true);
  });

  for (const name of ['../outside/secret', 'top/../../outside/secret', '/../outside/secret', 'other', '/etc/passwd']) {
    test(`refuses the name ${name}`, async () => {
      await assert.rejects(unpacked([{ name: 'top/', type: 'directory' }, { name, text: 'overwritten' }]), /invalid copy source content/);
    });
  }

  test('refuses hard links to what is outside', async () => {
    await assert.rejects(unpacked([{ name: 'top/', type: 'directory' }, { name: 'top/l', type: 'link', linkName: '../outside/secret' }]), /invalid copy source content/);
    await assert.rejects(unpacked([
      { name: 'top/', type: 'directory' }, { name: 'top/d', type: 'symlink', linkName: '../../outside' }, { name: 'top/l', type: 'link', linkName: 'top/d/secret' },
    ]), /not a directory/);
  });

  test('refuses a file in the place of a directory', async () => {
    mkdirSync(join(inside, 'top'));
    await assert.rejects(unpacked([{ name: 'top', text: 'x' }]), /cannot overwrite directory ".*\/top" with non-directory/);
  });

  test('leaves no half file when the archive breaks off', async () => {
    const whole = await Array.fromAsync(archive([{ name: 'top', text: 'x'.repeat(5000) }]));
    const cut = Buffer.concat(whole).subarray(0, 3000);
    await assert.rejects(unpack((async function* () { yield cut; })(), { directory: inside, from: 'top', to: 'top' }), /truncated/);
    assert.deepEqual(readdirSync(inside), []);
  });

  test('makes pipes', async () => {
    await unpacked([{ name: 'top', type: 'fifo', mode: 0o620 }]);
    assert.equal(lstatSync(join(inside, 'top')).isFIFO(), true);
    assert.equal(existsSync(join(inside, 'top')), true);
  });
});
