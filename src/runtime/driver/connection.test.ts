import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeFrame } from '../monitor/protocol.ts';
import { ControlConnection } from './connection.ts';

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
