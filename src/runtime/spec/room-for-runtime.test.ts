import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withRoomForRuntime } from './room-for-runtime.ts';
import type { HostFacts } from './spec-input.ts';
import { ulimitsOf } from './ulimits.ts';

describe('withRoomForRuntime()', () => {
  const core = { type: 'RLIMIT_CORE', soft: 0, hard: 0 };
  const spec = (soft: number, hard: number, uid = 0) => ({ ociVersion: '1', process: { args: ['a'], user: { uid, gid: 0 }, rlimits: [core, { type: 'RLIMIT_NOFILE', soft, hard }] } });

  test('gives crun room, and the limit to whoever starts it', () => {
    assert.deepEqual(withRoomForRuntime(spec(10, 20), '/usr/bin/crun'), { spec: spec(64, 64), openFiles: { soft: 10, hard: 20 } });
    assert.deepEqual(withRoomForRuntime(spec(10, 1000), 'crun'), { spec: spec(64, 1000), openFiles: { soft: 10, hard: 1000 } });
    assert.deepEqual(withRoomForRuntime(spec(31, 31, 1000), 'crun'), { spec: spec(64, 64, 1000), openFiles: { soft: 31, hard: 31 } });
  });

  test('leaves what crun can work under, other runtimes, and a spec without the limit', () => {
    const unlimited = ulimitsOf([{ name: 'nofile', soft: -1, hard: -1 }], { capabilities: ['CAP_SYS_RESOURCE'], hardLimits: { nofile: 1, nproc: 1 } } as unknown as HostFacts);
    const infinite = { process: { rlimits: unlimited, user: { uid: 0 } } };
    const without = { process: { rlimits: [core], user: { uid: 0 } } };
    for (const [given, runtime] of [[spec(64, 64), 'crun'], [spec(32, 32, 1000), 'crun'], [spec(10, 10), '/usr/sbin/runc'], [without, 'crun'], [infinite, 'crun']] as const) assert.deepEqual(withRoomForRuntime(given, runtime), { spec: given });
  });
});
