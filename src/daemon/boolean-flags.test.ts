import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeBooleanFlags } from './boolean-flags.ts';

const options = { icc: { type: 'boolean' }, label: { type: 'string' } };

test('takeBooleanFlags() takes values of flags that are true or false, in Go\'s words, and leaves the rest', () => {
  assert.deepEqual(takeBooleanFlags(['--icc=false', '--label=icc=true', '--icc', '--other=true'], options), { said: { icc: false }, others: ['--label=icc=true', '--icc', '--other=true'] });
  assert.deepEqual(takeBooleanFlags(['--icc=T'], options).said, { icc: true });
});

test('takeBooleanFlags() refuses what is neither', () => {
  assert.throws(() => takeBooleanFlags(['--icc=maybe'], options), { kind: 'invalid', message: 'invalid argument "maybe" for "--icc" flag: strconv.ParseBool: parsing "maybe": invalid syntax' });
});
