import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now, nowNanos, rfc3339 } from './clock.ts';

test('rfc3339() writes nanoseconds in full', () => {
  assert.equal(rfc3339(1_700_000_000_000_000_007n), '2023-11-14T22:13:20.000000007Z');
  assert.equal(rfc3339(1_700_000_000_999_999_999n), '2023-11-14T22:13:20.999999999Z');
});
test('nowNanos() agrees with the wall clock and now() parses', () => {
  const before = Date.now();
  const times = [Number(nowNanos() / 1_000_000n), Date.parse(now())];
  const after = Date.now();
  for (const time of times) assert.ok(before - 1000 < time && time < after + 1000, `${before} ${time} ${after}`);
});
