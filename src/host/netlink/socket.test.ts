import assert from 'node:assert/strict';
import { closeSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { checked, libc } from '../ffi.ts';
import { message, text } from './attributes.ts';
import { dump, setLink } from './requests.ts';
import { NetlinkSocket, RouteSocket } from './socket.ts';

const socketpair = libc.func('int socketpair(int domain, int type, int protocol, _Out_ int *pair)');
const [AF_UNIX, SOCK_SEQPACKET] = [1, 5];
const [newLink, done, interrupted] = [16, 3, 0x10];

/** A socket whose kernel has these answers ready, one a receive. */
function answering(t: { after(undo: () => void): void }, answers: Buffer[]): NetlinkSocket {
  const pair = [0, 0];
  checked(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) as number, 'socketpair');
  const [ours = -1, kernels = -1] = pair;
  const socket = new NetlinkSocket('route', ours);
  t.after(() => {
    socket.close();
    closeSync(kernels);
  });
  for (const answer of answers) writeSync(kernels, answer);
  return socket;
}

function part(type: number, options: { sequence: number; flags?: number; name?: string }): Buffer {
  const bytes = message(type, options.flags ?? 0, Buffer.alloc(16), ...(options.name === undefined ? [] : [text(3, options.name)]));
  bytes.writeUInt32LE(options.sequence, 8);
  return bytes;
}

test('tryAll() has an answer to each of more requests than the kernel queues answers for', () => {
  using route = new RouteSocket();
  const refused = route.tryAll(Array.from({ length: 1000 }, () => setLink('gantry-no-such', { up: true })));
  assert.deepEqual([refused.length, new Set(refused.map((failure) => failure?.syscall))], [1000, new Set(['netlink'])]);
});

test('dump() asks again when the kernel says that its answer was interrupted by a change', (t) => {
  const socket = answering(t, [
    part(newLink, { sequence: 1, name: 'twice' }), part(newLink, { sequence: 1, name: 'twice', flags: interrupted }), part(done, { sequence: 1 }),
    part(newLink, { sequence: 2, name: 'once' }), part(done, { sequence: 2, flags: interrupted }),
    part(newLink, { sequence: 3, name: 'at rest' }), part(done, { sequence: 3 }),
  ]);
  assert.deepEqual(socket.dump(dump('links')).map(({ sequence }) => sequence), [3]);
});
