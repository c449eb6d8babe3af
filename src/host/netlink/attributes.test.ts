import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { attribute, message, nested, readAttributes, readText, splitMessages, text, u32 } from './attributes.ts';

test('attribute() pads its value to four bytes and says the unpadded length', () => {
  assert.equal(attribute(3, Buffer.from('abc')).toString('hex'), '0700030061626300');
});

test('nested() marks its type', () => {
  assert.equal(nested(18, u32(1, 5)).toString('hex'), '0c001280080001000500 0000'.replace(' ', ''));
});

test('readAttributes() reads what attribute() wrote', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 8 }), fc.uint8Array({ maxLength: 40 }), (types, value) => {
    const read = readAttributes(Buffer.concat(types.map((type) => attribute(type, Buffer.from(value)))));
    assert.deepEqual([...read.keys()], types);
    for (const found of read.values()) assert.deepEqual(found, Buffer.from(value));
  }));
});

test('splitMessages() gives back each message of a batch', () => {
  const batch = Buffer.concat([message(16, 5, text(3, 'lo')), message(2, 0, Buffer.alloc(4))]);
  const [first, second, ...rest] = splitMessages(batch);
  assert.equal(first?.type, 16);
  assert.equal(readText(readAttributes(first?.body ?? Buffer.alloc(0)).get(3)), 'lo');
  assert.equal(second?.type, 2);
  assert.equal(rest.length, 0);
});

test('splitMessages() and readAttributes() end on any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    splitMessages(Buffer.from(bytes));
    readAttributes(Buffer.from(bytes));
  }));
});
