import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now, nowNanos, rfc3339 } from './clock.ts';

test('rfc3339() writes nanoseconds in full', () => {
  assert.equal(rfc3339(1_700_000_000_000_000_007n), '2023-11-14T22:13:20.000000007Z');
  assert.equal(rfc3339(1_700_000_000_999_999_999n), '2023-11-14T22:13:20.999999999Z');
});

test('nowNanos() and now() are in the millisecond of the wall clock, and nowNanos() never goes back while that does not', () => {
  for (let round = 0, last = 0n; round < 5000; round++) {
    const before = Date.now();
    const nanos = nowNanos();
    const times = [Number(nanos / 1_000_000n), Date.parse(now())];
    const after = Date.now();
    for (const time of times) assert.ok(before <= time && time <= after, `${before} ${time} ${after}`);
    assert.ok(nanos >= last);
    last = nanos;
  }
});
