import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthState } from './health.ts';
import { afterProbe, createHealthWatch, healthPlan, type Probe } from './health.ts';

const probe = (exitCode: number): Probe => ({ exitCode, output: '', start: '', end: '' });
const starting: HealthState = { status: 'starting', failingStreak: 0, log: [] };

test('healthPlan() reads CMD, CMD-SHELL and NONE, and fills in defaults', () => {
  assert.deepEqual(healthPlan({ test: ['CMD', 'a', 'b'] }, [])?.command, ['a', 'b']);
  assert.deepEqual(healthPlan({ test: ['CMD-SHELL', 'a b'] }, [])?.command, ['/bin/sh', '-c', 'a b']);
  assert.deepEqual(healthPlan({ test: ['CMD-SHELL', 'x'] }, ['/bin/bash', '-c'])?.command, ['/bin/bash', '-c', 'x']);
  assert.equal(healthPlan({ test: ['NONE'] }, []), undefined);
  assert.equal(healthPlan(undefined, []), undefined);
  const plan = healthPlan({ test: ['CMD', 'a'], interval: 2e9 }, []);
  assert.deepEqual([plan?.intervalMs, plan?.timeoutMs, plan?.retries], [2000, 30_000, 3]);
});

test('afterProbe() is unhealthy after as many failures as retries, and healthy after one success', () => {
  let state = starting;
  for (const expected of ['starting', 'starting', 'unhealthy']) {
    state = afterProbe(state, probe(1), { retries: 3, inStartPeriod: false });
    assert.equal(state.status, expected);
  }
  state = afterProbe(state, probe(0), { retries: 3, inStartPeriod: false });
  assert.deepEqual([state.status, state.failingStreak, state.log.length], ['healthy', 0, 4]);
});

test('afterProbe() forgives failures in the start period, until the first success', () => {
  const forgiven = afterProbe(starting, probe(1), { retries: 1, inStartPeriod: true });
  assert.deepEqual([forgiven.status, forgiven.failingStreak], ['starting', 0]);
  const healthy = afterProbe(forgiven, probe(0), { retries: 1, inStartPeriod: true });
  assert.equal(afterProbe(healthy, probe(1), { retries: 1, inStartPeriod: true }).status, 'unhealthy');
});

test('a watch waits for longer than a timer of 32 bits can', async (t) => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  t.after(() => process.off('warning', warned));
  const watch = createHealthWatch({
    target: () => ({ check: { test: ['CMD', 'x'], interval: 30 * 24 * 3600 * 1e9 }, shell: [], startedAtMs: 0 }),
    probe: () => assert.fail('a month is not over'),
    changed: () => undefined,
  });
  watch.begin('a');
  // Node tells in the next turn of a timer that it has shortened to a millisecond.
  await new Promise(setImmediate);
  watch.end('a');
  assert.deepEqual(warnings, []);
});

test('a watch probes a container again that was paused, also one that it has not seen run', async () => {
  const paused = new Set(['found']);
  const changes: string[] = [];
  let heard = Promise.withResolvers<void>();
  const watch = createHealthWatch({
    target: (id) => (paused.has(id) ? 'paused' : { check: { test: ['CMD', 'x'], interval: 1e6 }, shell: [], startedAtMs: 0 }),
    probe: () => Promise.resolve({ exitCode: 0, output: '' }),
    changed: (id, state) => {
      changes.push(`${id} ${state.status}`);
      heard.resolve();
    },
  });
  const alive = setInterval(() => undefined, 1000);
  const afterwards = async (act: () => void): Promise<void> => {
    heard = Promise.withResolvers();
    act();
    await heard.promise;
  };
  await afterwards(() => watch.begin('seen'));
  paused.add('seen');
  watch.end('seen');
  assert.equal(watch.statusOf('seen')?.status, 'unhealthy');
  paused.clear();
  await afterwards(() => watch.resume('seen'));
  watch.end('seen');
  await afterwards(() => watch.resume('found'));
  watch.close();
  clearInterval(alive);
  assert.deepEqual(changes, ['seen healthy', 'seen healthy', 'found healthy']);
});

test('a watch probes a running container, tells changes once, and keeps what it saw until it is told to forget', async () => {
  const changes: string[] = [];
  let probes = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = createHealthWatch({
    target: () => ({ check: { test: ['CMD', 'x'], interval: 1e6 }, shell: [], startedAtMs: 0 }),
    probe: async () => {
      if (++probes === 3) resolve();
      return { exitCode: 0, output: 'ok' };
    },
    changed: (id, state) => changes.push(`${id} ${state.status}`),
  });
  watch.begin('a');
  assert.equal(watch.statusOf('a')?.status, 'starting');
  // The watch's own timers keep no process alive.
  const alive = setInterval(() => undefined, 1000);
  await promise;
  clearInterval(alive);
  watch.end('a');
  const last = watch.statusOf('a');
  assert.equal(last?.status, 'unhealthy');
  // The last probe may have ended after the watch.
  assert.ok(last.log.length >= probes - 1);
  watch.begin('a');
  assert.deepEqual(watch.statusOf('a'), { status: 'starting', failingStreak: 0, log: last.log });
  watch.forget('a');
  assert.equal(watch.statusOf('a'), undefined);
  assert.deepEqual(changes, ['a healthy']);
});
