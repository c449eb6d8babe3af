import assert from 'node:assert/strict';
import { createServer, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { OneBufferAgent } from './one-buffer-agent.ts';

const bodyBytes = 3 << 20;

describe('OneBufferAgent', () => {
  it('mixes no bytes of answers that come at once, also where a reader is slow', async () => {
    const server = createServer((request, response) => response.end(Buffer.alloc(bodyBytes, request.url)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const agent = new OneBufferAgent({ keepAlive: true });
    try {
      for (const round of ['first', 'on kept connections']) {
        await Promise.all(['/a', '/bc', '/def', '/ghij'].map(async (path) => {
          const [answer] = await once(get({ port, path, agent }), 'response') as [IncomingMessage];
          const chunks: Buffer[] = [];
          for await (const chunk of answer as AsyncIterable<Buffer>) {
            chunks.push(chunk);
            if (path === '/def') await setImmediate();
          }
          assert.ok(Buffer.concat(chunks).equals(Buffer.alloc(bodyBytes, path)), `${path}, ${round}`);
        }));
      }
    } finally {
      agent.destroy();
      server.close();
    }
  });

  it('tells a cut connection as one', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('part', () => response.destroy());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const agent = new OneBufferAgent({ keepAlive: true });
    try {
      const [answer] = await once(get({ port: (server.address() as AddressInfo).port, agent }), 'response') as [IncomingMessage];
      await assert.rejects(Array.fromAsync(answer), { code: 'ECONNRESET' });
    } finally {
      agent.destroy();
      server.close();
    }
  });
});
