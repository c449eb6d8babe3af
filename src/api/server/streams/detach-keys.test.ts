import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DetachFilter, parseDetachKeys } from './detach-keys.ts';

const sequences: [text: string, bytes: number[] | undefined][] = [
  ['', [16, 17]], ['ctrl-p,ctrl-q', [16, 17]], ['ctrl-@', [0]], ['ctrl-[', [27]], ['ctrl-\\,a', [28, 97]], ['a,b,c', [97, 98, 99]],
  ['ctrl-_', [31]], ['DEL', [127]], ['ctrl-P', undefined], ['ctrl-', undefined], ['nope', undefined], ['a,,b', undefined], ['é', undefined],
];
for (const [text, bytes] of sequences) {
  test(`parseDetachKeys(${JSON.stringify(text)}) is ${JSON.stringify(bytes)}`, () => {
    const keys = parseDetachKeys(text);
    assert.deepEqual(keys && [...keys], bytes);
  });
}

async function through(chunks: string[], keys: string): Promise<{ text: string; detached: boolean }> {
  const filter = new DetachFilter(Buffer.from(keys));
  let detached = false;
  filter.on('detached', () => { detached = true; });
  for (const chunk of chunks) filter.write(Buffer.from(chunk));
  filter.end();
  let text = '';
  for await (const part of filter) text += String(part);
  return { text, detached };
}

const typed: [chunks: string[], text: string, detached: boolean][] = [
  [['hello'], 'hello', false],
  [['heXYllo'], 'he', true],
  [['he', 'X', 'Y', 'llo'], 'he', true],
  [['heX', 'Zllo'], 'heXZllo', false],
  [['XXY'], 'X', true],
  [['X'], 'X', false],
];
for (const [chunks, text, detached] of typed) {
  test(`typing ${JSON.stringify(chunks)} passes ${JSON.stringify(text)} and ${detached ? 'detaches' : 'stays'}`, async () => {
    assert.deepEqual(await through(chunks, 'XY'), { text, detached });
  });
}

test('what holds no sequence passes whole, however it is cut', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: fc.constantFrom('X', 'a'), minLength: 1 })), async (chunks) => {
    assert.deepEqual(await through(chunks, 'XY'), { text: chunks.join(''), detached: false });
  }), { numRuns: 60 });
});
