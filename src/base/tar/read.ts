import { TarDecoder } from './decoder.ts';
import type { TarEntry } from './entry.ts';

/** A member and its bytes. The body is read, or left, before the next member is asked for. */
export interface TarMember { entry: TarEntry; body: AsyncIterable<Buffer> }

type Step = { entry: TarEntry } | { body: Buffer } | 'end';

/** Members of an archive that arrives as a stream. Pulls no more than it is asked for. @throws invalid on a broken or truncated archive */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const steps = stepsOf(source);
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done === true) return;
      if (typeof value === 'string' || !('entry' in value)) continue;
      const body = bodyOf(steps);
      yield { entry: value.entry, body };
      // What the reader left of the body is passed over.
      for await (const _ of body) continue;
    }
  } finally {
    await steps.return(undefined);
  }
}

/** One body, however often it is iterated: a second reader goes on where the first stopped. */
function bodyOf(steps: AsyncGenerator<Step, void>): AsyncIterable<Buffer> {
  let over = false;
  const iterator: AsyncIterator<Buffer> = {
    async next() {
      if (over) return { done: true, value: undefined };
      const { done, value } = await steps.next();
      if (done === true || value === 'end' || 'entry' in value) {
        over = true;
        return { done: true, value: undefined };
      }
      return { done: false, value: value.body };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

async function* stepsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Step, void> {
  let steps: Step[] = [];
  const decoder = new TarDecoder({
    entry: (entry) => steps.push({ entry }),
    body: (chunk) => steps.push({ body: chunk as Buffer }),
    entryEnd: () => steps.push('end'),
  });
  for await (const chunk of source) {
    decoder.write(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    const ready = steps;
    steps = [];
    yield* ready;
  }
  decoder.end();
}
