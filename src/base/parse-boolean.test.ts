import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBoolean } from './parse-boolean.ts';

test('parseBoolean() takes the twelve words that Go takes, and no others', () => {
  assert.deepEqual(['1', 't', 'T', 'true', 'TRUE', 'True'].map(parseBoolean), Array.from({ length: 6 }, () => true));
  assert.deepEqual(['0', 'f', 'F', 'false', 'FALSE', 'False'].map(parseBoolean), Array.from({ length: 6 }, () => false));
  for (const text of ['', 'yes', 'tRUE', 'fAlse', ' true', '2', 'toString']) assert.equal(parseBoolean(text), undefined, text);
});
