import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { GantryError } from '../../base/errors.ts';
import { checkTarget, encodeFrame, FrameReader, fromWireError, toWireError } from './protocol.ts';

describe('FrameReader', () => {
  test('gives the frames back however the bytes arrive, and what follows them', () => {
    fc.assert(fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.uint8Array({ maxLength: 3 }), fc.integer({ min: 1, max: 9 }), (values, tail, size) => {
      const bytes = Buffer.concat([...values.map(encodeFrame), tail]);
      const reader = new FrameReader();
      const seen: unknown[] = [];
      for (let from = 0; from < bytes.length; from += size) {
        reader.push(bytes.subarray(from, from + size));
        while (seen.length < values.length) {
          const frame = reader.next();
          if (frame === undefined) break;
          seen.push(frame);
        }
      }
      assert.deepEqual(seen, values.map((value) => JSON.parse(JSON.stringify(value))));
      assert.deepEqual([...reader.rest()], [...tail]);
    }));
  });

  test('refuses a frame that is too long, and one that is no JSON', () => {
    const long = new FrameReader();
    long.push(Buffer.from([255, 255, 255, 255]));
    assert.throws(() => long.next(), { kind: 'invalid' });
    const broken = new FrameReader();
    broken.push(Buffer.from([0, 0, 0, 1, 123]));
    assert.throws(() => broken.next(), { kind: 'invalid' });
  });
});

test('errors keep their kind, message and hint over the wire; foreign ones are internal', () => {
  const error = fromWireError(toWireError(new GantryError('conflict', 'm', { hint: 'h' })));
  assert.deepEqual([error.kind, error.message, error.hint], ['conflict', 'm', 'h']);
  assert.equal(toWireError(new Error('x')).kind, 'internal');
});

test('checkTarget() takes names only: ids become paths and arguments', () => {
  checkTarget({ id: 'a_B-1.x', execId: '0' });
  for (const id of ['', '.', '..', '-x', 'a/b', 'a b', 'é', 'a'.repeat(129)]) assert.throws(() => checkTarget({ id }), { kind: 'invalid' }, id);
});
