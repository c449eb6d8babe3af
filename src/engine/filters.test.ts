import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesLabels, matchesPattern, readFilters, readUntil } from './filters.ts';

test('readFilters() refuses an unknown key by name', () => {
  assert.throws(() => readFilters(new Map([['colour', ['red']]]), ['name']), { message: "invalid filter 'colour'" });
});

test('ReadFilters: some() is true without values, every() needs all', () => {
  const filters = readFilters(new Map([['a', ['1', '2']], ['dangling', ['true']]]), ['a', 'dangling']);
  assert.ok(filters.some('other', () => false) && filters.some('a', (value) => value === '2'));
  assert.ok(!filters.some('a', (value) => value === '3') && !filters.every('a', (value) => value === '1'));
});

test('ReadFilters: flag() takes the four words of Docker alone, and not both answers', () => {
  const asked = (...values: string[]) => readFilters(new Map([['dangling', values]]), ['dangling']).flag('dangling');
  assert.deepEqual([asked('1'), asked('true', '1'), asked('0'), asked('false', 'other')], [true, true, false, false]);
  assert.equal(readFilters(new Map(), ['dangling']).flag('dangling'), undefined);
  for (const values of [['True'], ['t'], ['maybe'], [], ['true', 'false']]) {
    assert.throws(() => asked(...values), { message: `invalid filter 'dangling=[${values.join(' ')}]'` });
  }
});

test('matchesLabels() wants every label, with its value where one is given', () => {
  const labels = { a: '1', b: '' };
  assert.ok(matchesLabels(labels, ['a', 'a=1', 'b=']));
  assert.ok(!matchesLabels(labels, ['a=2']) && !matchesLabels(labels, ['c']) && !matchesLabels(undefined, ['toString']));
});

test('matchesPattern() finds a regular expression anywhere, and takes what is none as it stands', () => {
  assert.ok(matchesPattern(['web-1'], 'b-') && matchesPattern(['web-1', '/web-1'], '^/web') && matchesPattern(['a[b'], 'a[b'));
  assert.ok(!matchesPattern(['web-1'], '^b') && !matchesPattern(['xa[b'], 'a[b'));
  assert.throws(() => matchesPattern(['web'], 'x'.repeat(300)), /invalid filter 'name=x{40}…'/);
});

test('readUntil() takes Unix times, dates and durations', () => {
  const until = (text: string) => readUntil(readFilters(new Map([['until', [text]]]), ['until']), 1_000_000);
  assert.deepEqual([until('12'), until('10m'), until('1m30s'), until('1970-01-01T00:00:02Z')], [12_000, 400_000, 910_000, 2000]);
  assert.throws(() => until('soon'), /failed to parse value as time or duration: "soon"/);
});
