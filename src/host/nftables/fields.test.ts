import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFields, fieldBytes } from './fields.ts';

test('encodeFields() begins each field in a register of its own', () => {
  assert.equal(encodeFields(['ipv4', 'protocol', 'port'], ['127.0.0.1', 6, 8080]).toString('hex'), '7f000001060000001f900000');
  assert.equal(encodeFields(['ifname', 'ifname'], ['a', 'b']).length, 32);
});

test('a field that stands alone is as long as it is', () => {
  assert.equal(fieldBytes(['port']), 2);
  assert.equal(encodeFields(['ifname'], ['gb-0123456789a']).toString('latin1'), 'gb-0123456789a\0\0');
});

test('encodeFields() refuses text that is no address', () => {
  assert.throws(() => encodeFields(['ipv4'], ['1.2.3']), TypeError);
});
