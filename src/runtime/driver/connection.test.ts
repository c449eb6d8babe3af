import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listenUnix } from '../../host/sockets.ts';
import { encodeFrame } from '../monitor/protocol.ts';
import { ControlConnection } from './connection.ts';

test('open() waits in the queue of a monitor that is slow to take connections', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-connection-'));
  const path = join(folder, 'monitor.sock');
  // Its queue is as short as can be.
  const listening = listenUnix(path);
  const server = createServer((socket) => socket.once('data', () => socket.write(encodeFrame({ pid: process.pid }))));
  const others: Socket[] = [];
  t.after(() => {
    for (const other of others) other.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const fill = async (): Promise<void> => {
    for (;;) await once(others[others.push(connect(path)) - 1] as Socket, 'connect');
  };
  await assert.rejects(fill(), { code: 'EAGAIN' });
  const opening = ControlConnection.open(path, () => undefined);
  // A connect that finds the queue full is told so in the next turn.
  setImmediate(() => server.listen({ fd: listening }));
  const connection = await opening;
  await connection.close();
});

test('a call that is repeated at once does not hide the loss of the monitor', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-connection-'));
  const path = join(folder, 'monitor.sock');
  const server = createServer((socket) => socket.once('data', () => socket.write(encodeFrame({ pid: process.pid })))).listen(path);
  try {
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const connection = await ControlConnection.open(path, () => undefined);
    let lost = false;
    void connection.closed.then(() => { lost = true; });
    const [socket] = await accepted;
    // Between the turn that reads the end and the one that reports the close lies the turn of setImmediate.
    await new Promise(setImmediate);
    socket.destroy();
    await new Promise(setImmediate);
    // Bounded, because a promise that is always settled never lets the event loop turn.
    for (let call = 0; call < 1000 && !lost; call++) await assert.rejects(connection.call('list', null), { kind: 'unavailable' });
    assert.equal(lost, true);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
