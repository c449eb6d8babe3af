import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { checked, libc } from '../../../src/host/ffi.ts';
import { legacyForwardPolicy } from '../../../src/host/iptables-legacy.ts';

/** Waits for others that use it: its lock is the host's, whatever the network namespace. */
const iptables = (...args: string[]) => spawnSync('iptables-legacy', ['-w', ...args], { encoding: 'utf8' });
const usable = iptables('--version').status === 0;

describe('legacyForwardPolicy()', { skip: !usable && 'iptables-legacy is not installed' }, () => {
  before(() => checked(libc.func('int unshare(int flags)')(0x40000000), 'unshare'));

  it('says nothing where nobody uses the table, and does not make it', () => {
    assert.equal(legacyForwardPolicy(), undefined);
    assert.equal(legacyForwardPolicy(), undefined);
  });

  it('follows the policy, whatever rules stand before it', (test) => {
    const first = iptables('-A', 'FORWARD', '-s', '192.0.2.1', '-j', 'DROP');
    if (first.status !== 0) return test.skip(`this kernel has no iptables-legacy: ${first.stderr.trim()}`);
    assert.equal(legacyForwardPolicy(), 'accept');
    iptables('-P', 'FORWARD', 'DROP');
    iptables('-A', 'OUTPUT', '-j', 'ACCEPT');
    assert.equal(legacyForwardPolicy(), 'drop');
    iptables('-P', 'FORWARD', 'ACCEPT');
    assert.equal(legacyForwardPolicy(), 'accept');
  });
});
