import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const url = (path: string): string => JSON.stringify(new URL(`../../../src/host/${path}`, import.meta.url).href);

/** In a mount namespace of its own, without the mounts of others: 400 in lines of some 200 bytes, then one whose line is longer than what is read at once. */
const program = `
  import { mkdirSync } from 'node:fs';
  import { mount, unmount } from ${url('mount.ts')};
  import { mounts } from ${url('mount-info.ts')};
  for (const { target } of mounts().toReversed()) if (!['/', '/proc'].includes(target)) unmount(target, { lazy: true });
  mount('none', '/mnt', { type: 'tmpfs' });
  mkdirSync('/mnt/table');
  for (let at = 0; at < 400; at++) {
    const target = '/mnt/table/' + String(at).padStart(150, '0');
    mkdirSync(target);
    mount('none', target, { type: 'tmpfs' });
  }
  mkdirSync('/mnt/table/long');
  mount(' '.repeat(3000), '/mnt/table/long', { type: 'tmpfs' });
  for (let times = 0; times < 20; times++) mounts();
  const made = mounts().filter(({ target }) => target.startsWith('/mnt/table/'));
  console.log(made.length, made.at(-1).target, made.at(-1).source.length);
`;

test('a mount table of more than 64 KB with a line of more than 8 KB is read whole, and nothing else is written over', () => {
  const { status, signal, stdout, stderr } = spawnSync('unshare', ['--mount', '--propagation', 'private', process.execPath, '--input-type=module', '--eval', program], { encoding: 'utf8' });
  assert.deepEqual({ status, signal, stdout }, { status: 0, signal: null, stdout: '401 /mnt/table/long 3000\n' }, stderr);
});
