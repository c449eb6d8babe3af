import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isHungUp } from './hung-up.ts';

test('isHungUp() tells one who has left from one who has only ended their half', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-hung-up-'));
  const server = createServer({ allowHalfOpen: true }).listen(join(folder, 'socket'));
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const client = connect({ path: join(folder, 'socket'), allowHalfOpen: true });
  const [socket] = await once(server, 'connection') as [Socket];
  const fd = (socket as unknown as { _handle: { fd: number } })._handle.fd;
  assert.equal(isHungUp(fd), false);
  client.end();
  await once(socket.resume(), 'end');
  assert.equal(isHungUp(fd), false);
  client.destroy();
  await once(client, 'close');
  assert.equal(isHungUp(fd), true);
  socket.destroy();
});
