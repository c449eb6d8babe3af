import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addressBytes, addressText, macBytes, macText, splitPrefix } from './wire-address.ts';

const cases: [string, string][] = [
  ['172.17.0.2', 'ac110002'],
  ['::', '0'.repeat(32)],
  ['::1', `${'0'.repeat(31)}1`],
  ['fd00::', `fd${'0'.repeat(30)}`],
  ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
  ['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
];
for (const [address, hex] of cases) {
  test(`addressBytes() of ${address}`, () => assert.equal(addressBytes(address).toString('hex'), hex));
}

test('addressText() is what addressBytes() reads, for every address', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
    const text = addressText(Buffer.from(bytes));
    assert.ok(isIPv6(text), text);
    assert.deepEqual(addressBytes(text), Buffer.from(bytes));
  }));
});

test('addressText() shortens the longest run of zeros, the first of equals, and no single group', () => {
  assert.equal(addressText(addressBytes('1:0:0:2:0:0:0:3')), '1:0:0:2::3');
  assert.equal(addressText(addressBytes('1:0:0:2:3:0:0:4')), '1::2:3:0:0:4');
  assert.equal(addressText(addressBytes('1:0:2:3:4:5:6:7')), '1:0:2:3:4:5:6:7');
});

test('addressBytes() refuses what is no address', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', ':::', 'localhost']) assert.throws(() => addressBytes(text), TypeError);
});

test('a MAC address survives the way there and back', () => {
  assert.equal(macText(macBytes('02:42:AC:11:00:02')), '02:42:ac:11:00:02');
});

test('splitPrefix() of an address alone is the whole address', () => {
  assert.deepEqual(splitPrefix('1.2.3.4'), { host: '1.2.3.4', prefix: 32 });
  assert.deepEqual(splitPrefix('fd00::1/64'), { host: 'fd00::1', prefix: 64 });
});
