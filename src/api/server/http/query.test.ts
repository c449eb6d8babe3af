import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFilters } from './filters.ts';
import { Query } from './query.ts';
import { parseRfc3339, parseTimestamp, unixSeconds } from './timestamp.ts';

for (const [text, expected] of [['1', true], ['true', true], ['yes', true], ['2', true], ['0', false], ['false', false], ['No', false], ['none', false], ['', false]] as const) {
  test(`the flag "${text}" is ${expected}`, () => assert.equal(new Query(`x=${text}`).flag('x'), expected));
}

test('an absent flag is its default', () => {
  assert.deepEqual([new Query('').flag('x'), new Query('').flag('x', true)], [false, true]);
});

test('parseFilters() reads both forms', () => {
  assert.deepEqual([...parseFilters('{"a":["1","2"],"b":{"x":true}}', ['a', 'b'])], [['a', ['1', '2']], ['b', ['x']]]);
  assert.equal(parseFilters('', []).size, 0);
});

for (const text of ['[]', '"a"', '{"a":"b"}', '{"a":[1]}', '{"a":{"b":1}}', '{', '{"b":["c"]}']) {
  test(`parseFilters() refuses ${text}`, () => assert.throws(() => parseFilters(text, ['a']), { kind: 'invalid' }));
}

const times: [text: string, nanos: bigint | undefined][] = [
  ['', undefined], ['0', 0n], ['1', 1_000_000_000n], ['1.5', 1_500_000_000n], ['1700000000.000000001', 1_700_000_000_000_000_001n],
  ['1970-01-01T00:00:01Z', 1_000_000_000n], ['1970-01-01T01:00:00.000000001+01:00', 1n],
];
for (const [text, nanos] of times) {
  test(`parseTimestamp("${text}") is ${nanos}`, () => assert.equal(parseTimestamp(text), nanos));
}

test('parseTimestamp() refuses what is no time', () => {
  for (const text of ['yesterday', '1e9', '1970-13-01T00:00:00Z', '1.', '--1']) assert.throws(() => parseTimestamp(text), { kind: 'invalid' }, text);
});

test('unixSeconds() rounds down, before the epoch too', () => {
  assert.deepEqual([unixSeconds('1970-01-01T00:00:01.9Z'), unixSeconds('1969-12-31T23:59:59.5Z'), unixSeconds('never')], [1, -1, 0]);
  assert.equal(parseRfc3339('2026-02-30'), undefined);
});
