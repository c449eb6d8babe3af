import assert from 'node:assert/strict';
import { readFileSync, statfsSync } from 'node:fs';
import { test } from 'node:test';

const cgroup2Magic = 0x63677270;

test('the virtual machine has cgroup v2 alone and systemd', { skip: process.env['GANTRY_IN_VM'] === undefined && 'only inside npm run test:vm' }, () => {
  assert.equal(statfsSync('/sys/fs/cgroup').type, cgroup2Magic);
  assert.equal(readFileSync('/proc/1/comm', 'utf8').trim(), 'systemd');
});
