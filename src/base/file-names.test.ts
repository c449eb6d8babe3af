import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeName, encodeName } from './file-names.ts';

describe('decodeName() and encodeName()', () => {
  it('give back any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.deepEqual(encodeName(decodeName(Buffer.from(bytes))), Buffer.from(bytes));
    }), { numRuns: 2000 });
  });

  it('are plain UTF-8 for names that are', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (name) => {
      assert.equal(decodeName(Buffer.from(name, 'utf8')), name);
    }));
  });

  const cases: [name: string, bytes: number[], text: string][] = [
    ['a byte that begins nothing', [0x61, 0xff, 0x62], 'a\udcffb'],
    ['a sequence that is cut off', [0xe2, 0x82], '\udce2\udc82'],
    ['a slash in two bytes', [0xc0, 0xaf], '\udcc0\udcaf'],
    ['a surrogate in UTF-8', [0xed, 0xb2, 0x80], '\udced\udcb2\udc80'],
    ['the replacement character itself', [0xef, 0xbf, 0xbd], '\ufffd'],
    ['a code point beyond the last', [0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
  ];
  for (const [name, bytes, text] of cases) it(`escape ${name}`, () => assert.equal(decodeName(Buffer.from(bytes)), text));
});
