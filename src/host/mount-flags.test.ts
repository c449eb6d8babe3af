import assert from 'node:assert/strict';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mount, mountFlags, unmount } from './mount.ts';
import { mountRestrictions } from './mount-flags.ts';

test('mountRestrictions() tells what a mount forbids', { skip: process.getuid?.() !== 0 }, (t) => {
  const path = mkdtempSync(join(tmpdir(), 'gantry-flags-'));
  t.after(() => {
    unmount(path, { lazy: true });
    rmdirSync(path);
  });
  mount('tmpfs', path, { type: 'tmpfs', flags: mountFlags.readOnly | mountFlags.noExec | mountFlags.noAtime });
  assert.deepEqual(mountRestrictions(path), ['ro', 'noexec', 'noatime']);
  mount('none', path, { flags: mountFlags.remount | mountFlags.noDevices | mountFlags.noSetuid });
  assert.deepEqual(mountRestrictions(path), ['nosuid', 'nodev', 'noatime']);
});

test('mountRestrictions() fails for what is not there', () => {
  assert.throws(() => mountRestrictions('/nonexistent/x'), { code: 'ENOENT' });
});
