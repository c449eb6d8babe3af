import assert from 'node:assert/strict';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { streamOf } from './stream-of.ts';

async function* each(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

describe('streamOf()', () => {
  it('gives every byte once and in order, whatever the chunks', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(700), fc.nat(20_000), fc.constantFrom(0, 4096, 16_384, 200_000)), { maxLength: 60 });
    await fc.assert(fc.asyncProperty(sizes, fc.boolean(), async (lengths, zeros) => {
      const chunks = lengths.map((length, index) => Buffer.alloc(length, zeros && index % 2 === 0 ? 0 : index % 251));
      const found = await buffer(streamOf(each(chunks), new AsyncDisposableStack()));
      assert.ok(found.equals(Buffer.concat(chunks)));
    }), { numRuns: 60 });
  });

  it('keeps zeros a chunk of their own, and puts small chunks together', async () => {
    const [small, hole] = [Buffer.alloc(600, 'x'), Buffer.alloc(8192)];
    const found: number[] = [];
    const stream = streamOf(each([small, small, hole, small, small]), new AsyncDisposableStack());
    stream.on('data', (chunk: Buffer) => found.push(chunk.length));
    await once(stream, 'end');
    assert.deepEqual(found, [1200, 8192, 1200]);
  });

  it('lets others have their turns while it is read as fast as it goes', async () => {
    let turns = 0;
    async function* long(): AsyncGenerator<Buffer> {
      for (const end = performance.now() + 10_000; turns < 2 && performance.now() < end;) yield Buffer.alloc(1);
    }
    const turn = (): NodeJS.Immediate => setImmediate(() => { turns++; next = turn(); });
    let next = turn();
    await buffer(streamOf(long(), new AsyncDisposableStack()));
    clearImmediate(next);
    assert.ok(turns > 1, `${turns} turns`);
  });

  it('gives back what it stands on at its end, and when it is thrown away unread', async () => {
    let given = 0;
    const held = (): AsyncDisposableStack => {
      const stack = new AsyncDisposableStack();
      stack.defer(() => void given++);
      return stack;
    };
    await buffer(streamOf(each([Buffer.from('x')]), held()));
    assert.equal(given, 1);
    const unread = streamOf(each([]), held());
    const closed = new Promise((resolve) => unread.once('close', resolve));
    unread.destroy();
    await closed;
    assert.equal(given, 2);
  });
});
