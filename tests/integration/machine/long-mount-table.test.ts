import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const url = (path: string): string => JSON.stringify(new URL(`../../../src/host/${path}`, import.meta.url).href);

/** In a mount namespace of its own: 400 mounts in lines of some 200 bytes, then one whose line is longer than what is read at once. */
const program = `
  import { mkdirSync, mkdtempSync } from 'node:fs';
  import { mount } from ${url('mount.ts')};
  import { mounts } from ${url('mount-info.ts')};
  mount('none', '/mnt', { type: 'tmpfs' });
  for (let at = 0; at < 400; at++) {
    const target = '/mnt/' + String(at).padStart(150, '0');
    mkdirSync(target);
    mount('none', target, { type: 'tmpfs' });
  }
  mkdirSync('/mnt/long');
  mount(' '.repeat(3000), '/mnt/long', { type: 'tmpfs' });
  for (let times = 0; times < 20; times++) mounts();
  const made = mounts().filter(({ target }) => target.startsWith('/mnt/'));
  console.log(made.length, made.at(-1).target, made.at(-1).source.length);
`;

test('a mount table of more than 64 KB with a line of more than 8 KB is read whole, and nothing else is written over', () => {
  const { status, signal, stdout, stderr } = spawnSync('unshare', ['--mount', '--propagation', 'private', process.execPath, '--input-type=module', '--eval', program], { encoding: 'utf8' });
  assert.deepEqual({ status, signal, stdout }, { status: 0, signal: null, stdout: '401 /mnt/long 3000\n' }, stderr);
});
