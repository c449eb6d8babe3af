import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RestartPolicy } from '../../oci/container.ts';
import { checkRestartPolicy, concernsBoot, nextDelayMs, shouldRestart, shouldStartAtBoot } from './restart-policy.ts';

const runs: [RestartPolicy | undefined, number, number, boolean, boolean][] = [
  [undefined, 1, 0, false, false], [{ name: 'no' }, 1, 0, false, false],
  [{ name: 'always' }, 0, 9, false, true], [{ name: 'always' }, 0, 0, true, false],
  [{ name: 'unless-stopped' }, 0, 0, false, true], [{ name: 'unless-stopped' }, 0, 0, true, false],
  [{ name: 'on-failure' }, 0, 0, false, false], [{ name: 'on-failure' }, 1, 99, false, true],
  [{ name: 'on-failure', maximumRetryCount: 2 }, 1, 1, false, true], [{ name: 'on-failure', maximumRetryCount: 2 }, 1, 2, false, false],
];
for (const [policy, exitCode, restartCount, stoppedByHand, expected] of runs) {
  test(`shouldRestart() is ${expected} for ${JSON.stringify(policy)} after exit ${exitCode}, ${restartCount} restarts${stoppedByHand ? ', stopped by hand' : ''}`, () => {
    assert.equal(shouldRestart(policy, { exitCode, restartCount, stoppedByHand }), expected);
  });
}

test('shouldStartAtBoot() starts `always` even after a stop by hand, `unless-stopped` not, and never what never ran', () => {
  const stopped = { exitCode: 0, restartCount: 0, stoppedByHand: true, neverRan: false };
  assert.equal(shouldStartAtBoot({ name: 'always' }, stopped), true);
  assert.equal(shouldStartAtBoot({ name: 'unless-stopped' }, stopped), false);
  assert.equal(shouldStartAtBoot({ name: 'unless-stopped' }, { ...stopped, stoppedByHand: false }), true);
  assert.equal(shouldStartAtBoot({ name: 'always' }, { ...stopped, neverRan: true }), false);
});

test('concernsBoot() is true for every policy but none', () => {
  assert.deepEqual([undefined, { name: '' }, { name: 'no' }, { name: 'always' }, { name: 'unless-stopped' }, { name: 'on-failure' }].map(concernsBoot), [false, false, false, true, true, true]);
});

test('nextDelayMs() doubles from 100 ms to a minute and begins again after ten seconds of running', () => {
  const delays = [0];
  for (let i = 0; i < 12; i++) delays.push(nextDelayMs(delays.at(-1) as number, 5));
  assert.deepEqual(delays.slice(1), [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
  assert.equal(nextDelayMs(60_000, 10_000), 100);
});

for (const policy of [{ name: 'sometimes' }, { name: 'always', maximumRetryCount: 1 }, { name: 'on-failure', maximumRetryCount: -1 }, { maximumRetryCount: 1 }]) {
  test(`checkRestartPolicy() refuses ${JSON.stringify(policy)}`, () => assert.throws(() => checkRestartPolicy(policy), /^GantryError: invalid restart policy/));
}
