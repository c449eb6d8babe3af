import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const host = join(import.meta.dirname, '../../../src/host');
/** In a network namespace of its own; what it makes goes with it. */
const program = `
import { openSync } from 'node:fs';
import { libc } from '${host}/ffi.ts';
import { openNftables } from '${host}/nftables.ts';
libc.func('int unshare(int flags)')(0x40000000);
const many = Array.from({ length: 1500 }, () => openSync('/dev/null'));
for (let round = 0; round < 100; round++) {
  const nft = openNftables();
  nft.run('add table inet t; delete table inet t');
  nft.close();
  many.push(openSync('/dev/null'));
}
console.log(many.at(-1) > 1500);
`;

test('a process with more descriptors than select(2) knows can still change the firewall, again and again', () => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', program], { encoding: 'utf8' });
  assert.deepEqual({ status, signal, stdout: stdout.trim() }, { status: 0, signal: null, stdout: 'true' }, stderr);
});
