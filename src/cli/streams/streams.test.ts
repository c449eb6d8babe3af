import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frames } from './demultiplex.ts';
import { DetachWatch, parseDetachKeys } from './detach-keys.ts';

function frame(channel: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = channel;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('frames() gives each channel its bytes however the stream is cut', async () => {
  const whole = Buffer.concat([frame(1, 'out'), frame(2, 'error text'), frame(1, ''), frame(1, 'more')]);
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: whole.length }), async (size) => {
    const seen = { stdout: '', stderr: '' };
    for await (const [channel, part] of frames(cut(whole, size))) seen[channel] += part.toString();
    assert.deepEqual(seen, { stdout: 'outmore', stderr: 'error text' });
  }));
});

test('frames() raises what channel 3 says', async () => {
  await assert.rejects(async () => { for await (const _ of frames(cut(frame(3, 'no such log'), 5))); }, /error from daemon in stream: no such log/);
});

test('parseDetachKeys() reads control keys and letters, and refuses others', () => {
  assert.deepEqual([...parseDetachKeys('ctrl-p,ctrl-q')], [16, 17]);
  assert.deepEqual([...parseDetachKeys('ctrl-@,a,ctrl-[')], [0, 97, 27]);
  assert.throws(() => parseDetachKeys('ctrl-1'), /invalid detach keys/);
});

test('DetachWatch holds the start of a sequence back and lets it go when it is none', () => {
  const watch = new DetachWatch(Buffer.from([16, 17]));
  assert.deepEqual(watch.feed(Buffer.from('a\x10')), { pass: Buffer.from('a'), detached: false });
  assert.deepEqual(watch.feed(Buffer.from('b')), { pass: Buffer.from('\x10b'), detached: false });
  assert.deepEqual(watch.feed(Buffer.from('\x10')), { pass: Buffer.alloc(0), detached: false });
  assert.deepEqual(watch.feed(Buffer.from('\x11')), { pass: Buffer.alloc(0), detached: true });
});
