import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, beforeEach, afterEach } from 'node:test';
import { mounts } from '../../host/mount.ts';
import type { VolumeRecord } from '../../store/records.ts';
import { unmountAll, VolumeMounts } from './volume-mounts.ts';

describe('VolumeMounts', { skip: process.getuid?.() !== 0 }, () => {
  let directory: string;
  let users: Set<string>;
  let volumes: VolumeMounts;
  const records: Record<string, VolumeRecord> = Object.fromEntries(([['memory', { type: 'tmpfs', device: 'tmpfs' }], ['plain', {}], ['broken', { type: 'nosuchfs', device: 'x' }]] as const)
    .map(([name, options]) => [name, { name, driver: 'local', options, labels: {}, createdAtMs: 0, anonymous: false }]));
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-vm-'));
    for (const name of Object.keys(records)) mkdirSync(join(directory, name));
    users = new Set();
    volumes = new VolumeMounts({ find: (name) => records[name], pathOf: (name) => join(directory, name), isUsed: (_name, except) => [...users].some((user) => user !== except) });
  });
  afterEach(() => {
    unmountAll(directory);
    rmSync(directory, { recursive: true });
  });
  const mounted = (): string[] => mounts().map(({ target }) => target).filter((target) => target.startsWith(`${directory}/`));

  test('mounts once for all who hold it, and unmounts after the last', async () => {
    const first = await volumes.hold('memory');
    const second = await volumes.hold('memory');
    assert.deepEqual(mounted(), [join(directory, 'memory')]);
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    assert.ok(volumes.isHeld('memory') && mounted().length === 1);
    await second[Symbol.asyncDispose]();
    assert.deepEqual(mounted(), []);
  });

  test('two who come at once get one mount', async () => {
    const held = await Promise.all([volumes.hold('memory'), volumes.hold('memory'), volumes.hold('memory')]);
    assert.equal(mounted().length, 1);
    for (const each of held) await each[Symbol.asyncDispose]();
    assert.equal(mounted().length, 0);
  });

  test('leaves it mounted while a container runs, and settle() takes it when that one is the one that ends', async () => {
    users.add('c1');
    await (await volumes.hold('memory'))[Symbol.asyncDispose]();
    assert.equal(mounted().length, 1);
    await volumes.settle('memory');
    assert.equal(mounted().length, 1);
    await volumes.settle('memory', 'c1');
    assert.equal(mounted().length, 0);
  });

  test('takes over what an earlier daemon left mounted, with its contents', async () => {
    users.add('c1');
    await (await volumes.hold('memory'))[Symbol.asyncDispose]();
    writeFileSync(join(directory, 'memory/file'), '');
    const next = new VolumeMounts({ find: (name) => records[name], pathOf: (name) => join(directory, name), isUsed: () => false });
    const held = await next.hold('memory');
    assert.ok(existsSync(join(held.path, 'file')) && mounted().length === 1);
    await held[Symbol.asyncDispose]();
    assert.deepEqual(mounted(), []);
  });

  test('mounts nothing for a plain volume', async () => {
    await using held = await volumes.hold('plain');
    assert.ok(volumes.isHeld('plain') && existsSync(held.path));
    assert.deepEqual(mounted(), []);
  });

  test('a volume that cannot be mounted is not held; one that is not there is not found', async () => {
    await assert.rejects(volumes.hold('broken'), { kind: 'internal', message: /^error while mounting volume '.*broken': failed to mount local volume: mount x:.*: no such device$/ });
    assert.ok(!volumes.isHeld('broken'));
    await assert.rejects(volumes.hold('nothing'), { kind: 'notFound', message: 'get nothing: no such volume' });
  });
});
