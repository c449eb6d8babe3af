import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from './parse-duration.ts';

test('parseDuration() reads what Go does', () => {
  assert.deepEqual(['0', '1s', '1m30s', '1.5h', '.5s', '+3ns', '-2ms', '1us', '1µs'].map(parseDuration), [0, 1e9, 90e9, 5400e9, 5e8, 3, -2e6, 1e3, 1e3]);
});

test('parseDuration() says what is wrong in the words of Go', () => {
  const complaints = { '': 'invalid duration ""', s: 'invalid duration "s"', 'abc': 'invalid duration "abc"', 1: 'missing unit in duration "1"', '1s2': 'missing unit in duration "1s2"', '1x': 'unknown unit "x" in duration "1x"', '1toString': 'unknown unit "toString" in duration "1toString"' };
  for (const [text, complaint] of Object.entries(complaints)) assert.throws(() => parseDuration(text), { kind: 'invalid', message: `time: ${complaint}` }, text);
});
