import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { frame, FrameFilter } from './frames.ts';

async function filtered(chunks: Buffer[], options: ConstructorParameters<typeof FrameFilter>[0]): Promise<Buffer> {
  const filter = new FrameFilter(options);
  for (const chunk of chunks) filter.write(chunk);
  filter.end();
  return Buffer.concat(await filter.toArray());
}

test('frame() writes the stream, three zeros and the length', () => {
  assert.deepEqual([...frame(2, Buffer.from('hi'))], [2, 0, 0, 0, 0, 0, 0, 2, 104, 105]);
});

test('FrameFilter passes the accepted streams alone, however the bytes are cut', async () => {
  const parts = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 20 })), { maxLength: 6 });
  await fc.assert(fc.asyncProperty(parts, fc.integer({ min: 1, max: 13 }), async (frames, step) => {
    const all = Buffer.concat(frames.map(([stream, payload]) => frame(stream, payload)));
    const cut = Array.from({ length: Math.ceil(all.length / step) }, (_, index) => all.subarray(index * step, (index + 1) * step));
    const mine = frames.filter(([stream]) => stream === 1);
    assert.deepEqual(await filtered(cut, { accepts: (stream) => stream === 1 }), Buffer.concat(mine.map(([stream, payload]) => frame(stream, payload))));
    assert.deepEqual(await filtered(cut, { accepts: (stream) => stream === 1, unframe: true }), Buffer.concat(mine.map(([, payload]) => payload)));
  }), { numRuns: 60 });
});

test('a frame that claims four gigabytes is passed as it comes, not kept', async () => {
  const head = Buffer.from([1, 0, 0, 0, 255, 255, 255, 255]);
  assert.deepEqual(await filtered([head, Buffer.from('abc')], { accepts: () => true }), Buffer.concat([head, Buffer.from('abc')]));
});
