import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
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

/** Gives the host an address. The kernel makes the way to one of IPv6 in a worker of its own, a moment later: nobody reaches it before. */
export async function addHostAddress(address: string, prefix: string): Promise<void> {
  ip('address', 'add', `${address}/${prefix}`, 'dev', 'lo', ...(address.includes(':') ? ['nodad'] : []));
  while (!spawnSync('ip', ['route', 'get', address], { encoding: 'utf8' }).stdout.startsWith('local')) await setTimeout(10);
}
