import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HostFacts } from '../../runtime/spec/spec-input.ts';
import { withDevices } from './device-facts.ts';

const facts = { devices: [] } as unknown as HostFacts;

test('withDevices() looks at the devices of now, of containers that have any', () => {
  assert.ok(withDevices(facts, { privileged: true }).devices!.some(({ path }) => path === '/dev/null'));
  assert.ok(withDevices(facts, { devices: [{ pathOnHost: '/dev/zero' }] }).devices!.some(({ path }) => path === '/dev/zero'));
  assert.equal(withDevices(facts, {}), facts);
});

test('withDevices() follows a symbolic link, wherever it lies', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-devices-'));
  try {
    const pathOnHost = join(directory, 'link');
    symlinkSync('/dev/full', pathOnHost);
    const device = withDevices(facts, { devices: [{ pathOnHost }] }).devices!.find(({ path }) => path === pathOnHost);
    assert.deepEqual([device?.type, device?.major, device?.minor], ['c', 1, 7]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('withDevices() refuses what is no device', () => {
  const pathOnHost = import.meta.filename;
  assert.throws(() => withDevices(facts, { devices: [{ pathOnHost }] }), { kind: 'invalid', message: `error gathering device information while adding custom device "${pathOnHost}": not a device node` });
});
