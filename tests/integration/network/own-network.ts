import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { checked, libc } from '../../../src/host/ffi.ts';

const CLONE_NEWNET = 0x40000000;

/** From now on this process, and what it starts, has a network of its own, with nothing in it but lo: a host where nobody else takes subnets or addresses. */
export function enterOwnNetwork(): void {
  checked(libc.func('int unshare(int flags)')(CLONE_NEWNET), 'unshare');
  ip('link', 'set', 'lo', 'up');
}

export function ip(...args: string[]): void {
  assert.equal(spawnSync('ip', args, { stdio: 'inherit' }).status, 0, args.join(' '));
}
