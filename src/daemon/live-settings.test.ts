import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readConfig, type DaemonConfig } from './config.ts';
import { exchangeSettings } from './live-settings.ts';

describe('exchangeSettings()', () => {
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'gantry-live-')); });
  after(() => rmSync(folder, { recursive: true }));
  const read = (content: unknown): DaemonConfig => {
    const path = join(folder, 'daemon.json');
    writeFileSync(path, JSON.stringify(content));
    return readConfig(['--config-file', path]) as DaemonConfig;
  };

  test('takes the level of the log, the labels and the ways to registries', () => {
    const next = read({ debug: true, labels: ['a=b'], 'registry-mirrors': ['http://mirror'], 'insecure-registries': ['r:5000'], 'max-concurrent-downloads': 7, 'max-concurrent-uploads': 8 });
    assert.deepEqual(exchangeSettings(read({}), next), { settings: next, restart: [] });
  });

  test('takes runtimes, and what containers get at their create', () => {
    const next = read({ runtimes: { a: { path: '/a' } }, 'default-runtime': 'a', 'default-shm-size': '1m', 'default-ipc-mode': 'shareable', 'default-cgroupns-mode': 'private', 'shutdown-timeout': 3 });
    assert.deepEqual(exchangeSettings(read({}), next), { settings: next, restart: [] });
  });

  test('leaves limits, privileges, the profile and the parent of containers', () => {
    const next = read({ 'default-ulimits': { core: { Soft: 0, Hard: 0 } }, 'no-new-privileges': true, 'cgroup-parent': '/p', 'seccomp-profile': 'unconfined', 'default-shm-size': '1m' });
    const { settings, restart } = exchangeSettings(read({}), next);
    assert.deepEqual(restart, ['containers.ulimits', 'containers.noNewPrivileges', 'containers.cgroupParent', 'containers.seccompProfile']);
    assert.deepEqual(settings.containers, { ...read({}).containers, shmBytes: 1 << 20 });
  });

  test('leaves the rest as it is, and names what has changed of it', () => {
    const running = read({ 'data-root': '/a', labels: ['a=b'] });
    const { settings, restart } = exchangeSettings(running, read({ 'data-root': '/b', init: true, 'signature-policy': { '*': 'reject' } }));
    assert.deepEqual(restart, ['root', 'init', 'registry.signatures']);
    assert.deepEqual([settings.root, settings.init, settings.labels], ['/a', false, []]);
  });
});
