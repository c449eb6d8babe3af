import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUlimit } from './ulimit.ts';

test('parseUlimit() takes the soft limit for the hard one where that is not said', () => {
  assert.deepEqual(parseUlimit('nofile=1024'), { name: 'nofile', soft: 1024, hard: 1024 });
  assert.deepEqual(parseUlimit('core=0:-1'), { name: 'core', soft: 0, hard: -1 });
});

test('parseUlimit() refuses in the words of Docker', () => {
  const refused = {
    nofile: 'invalid ulimit argument: nofile', 'nofile=1=2': 'invalid ulimit argument: nofile=1=2', 'files=1': 'invalid ulimit type: files',
    'nofile=1:2:3': 'too many limit value arguments - 1:2:3, can only have up to two, `soft[:hard]`', 'nofile=x': 'strconv.ParseInt: parsing "x": invalid syntax',
    'nofile=2:1': 'ulimit soft limit must be less than or equal to hard limit: 2 > 1', 'nofile=-1:5': 'ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: 5',
  };
  for (const [text, message] of Object.entries(refused)) assert.throws(() => parseUlimit(text), { kind: 'invalid', message }, text);
});
