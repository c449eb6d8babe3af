import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, rmSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { makeFifo, openOutputFifo } from '../../host/fifos.ts';
import { Pump } from './pump.ts';

const directory = mkdtempSync(join(tmpdir(), 'gantry-pump-'));
after(() => rmSync(directory, { recursive: true }));

/** All that a pipe holds. */
const full = 64 * 1024;

describe('Pump', () => {
  test('drain() hands on once what was read already while it was held, and then what is in the FIFO', async () => {
    const path = join(directory, 'held');
    makeFifo(path);
    const { inside, outside } = openOutputFifo(path);
    const received: Buffer[] = [];
    const pump = new Pump(outside, 'fifo', (chunk) => {
      received.push(Buffer.from(chunk));
      pump.pause();
    });
    using _end = undo(() => (pump.close(), closeSync(inside)));
    // Each write returns when the one before it has been taken out of the FIFO: the second is then with the pump, the third in the FIFO.
    for (const letter of ['a', 'b', 'c']) await promisify(write)(inside, Buffer.alloc(full, letter), 0, full, null);
    assert.ok(Buffer.concat(received).length < 3 * full, 'it is held');
    pump.drain();
    assert.deepEqual(lengths(Buffer.concat(received)), [['a', full], ['b', full], ['c', full]]);
  });

  test('what takes long to hand on is followed by a rest, in which others have their turn', async () => {
    const path = join(directory, 'flood');
    makeFifo(path);
    const { inside, outside } = openOutputFifo(path);
    const order: string[] = [];
    const second = Promise.withResolvers<void>();
    const pump = new Pump(outside, 'fifo', (chunk) => {
      order.push(chunk.toString('latin1', 0, 1));
      if (order.length > 1) return second.resolve();
      // It is due within the rest, which is as long as what is burnt here.
      setTimeout(() => order.push('other'), 60);
      for (const began = performance.now(); performance.now() - began < 40;) continue;
    });
    using _end = undo(() => (pump.close(), closeSync(inside)));
    for (const letter of ['a', 'b']) await promisify(write)(inside, Buffer.alloc(full, letter), 0, full, null);
    await second.promise;
    assert.deepEqual(order, ['a', 'other', 'b']);
  });

  test('drain() of a pump that is not held takes what no event has brought yet', async () => {
    const path = join(directory, 'flowing');
    makeFifo(path);
    const { inside, outside } = openOutputFifo(path);
    const received: Buffer[] = [];
    const pump = new Pump(outside, 'fifo', (chunk) => received.push(Buffer.from(chunk)));
    using _end = undo(() => pump.close());
    await promisify(write)(inside, Buffer.from('last words'), 0, 10, null);
    closeSync(inside);
    pump.drain();
    assert.equal(String(Buffer.concat(received)), 'last words');
  });
});

const undo = (act: () => void): Disposable => ({ [Symbol.dispose]: act });

/** Runs of one letter, and how long each is. */
function lengths(bytes: Buffer): [string, number][] {
  const runs: [string, number][] = [];
  for (const letter of bytes.toString('latin1')) {
    const run = runs.at(-1);
    if (run?.[0] === letter) run[1]++;
    else runs.push([letter, 1]);
  }
  return runs;
}
