import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as call, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { bodyStream } from './body.ts';
import type { Exchange } from './exchange.ts';

/** A server whose one request is handled here, and the client that sent its head and five bytes. */
async function exchanged(context: TestContext): Promise<{ exchange: Exchange; client: ReturnType<typeof call> }> {
  const folder = mkdtempSync(join(tmpdir(), 'gt-body-'));
  const server = createServer().listen(join(folder, 'socket'));
  await once(server, 'listening');
  const client = call({ socketPath: join(folder, 'socket'), method: 'PUT' });
  client.on('error', () => undefined);
  client.write('first');
  context.after(() => {
    client.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  return { exchange: { request, response } as Exchange, client };
}

test('bodyStream() gives all that was sent', async (context) => {
  const { exchange, client } = await exchanged(context);
  client.end(', second');
  assert.equal(Buffer.concat(await bodyStream(exchange).toArray()).toString(), 'first, second');
});

test('bodyStream() may be destroyed, and the answer still comes', async (context) => {
  const { exchange, client } = await exchanged(context);
  bodyStream(exchange).destroy();
  exchange.response.writeHead(400).end();
  const [response] = (await once(client, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 400);
});

test('bodyStream() tells its reader of a client that goes away, also before it reads, and nobody else', async (context) => {
  const { exchange, client } = await exchanged(context);
  const body = bodyStream(exchange);
  client.destroy();
  await new Promise((resolve) => exchange.request.once('close', resolve));
  await assert.rejects(body.toArray(), { code: 'ECONNRESET' });
});
