/** Building is refused in each language that its clients speak: JSON to the classic builder's, gRPC to BuildKit's. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { serve, type TestServer } from './support/serve.ts';

/** As buildx and Docker's client of BuildKit connect. */
async function connectGrpc({ socketPath }: TestServer): Promise<ClientHttp2Session> {
  const asked = request({ socketPath, method: 'POST', path: '/v1.51/grpc', headers: { Connection: 'Upgrade', Upgrade: 'h2c' } });
  asked.end();
  const [response, socket, head] = await once(asked, 'upgrade') as [{ statusCode: number }, Socket, Buffer];
  assert.equal(response.statusCode, 101);
  // The server's settings may have come with the head.
  socket.unshift(head);
  return connectHttp2('http://engine', { createConnection: () => socket });
}

async function called(session: ClientHttp2Session, path: string): Promise<{ head: IncomingHttpHeaders; trailers: IncomingHttpHeaders; body: Buffer }> {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
  let trailers: IncomingHttpHeaders = {};
  stream.on('trailers', (sent) => { trailers = sent; });
  stream.end(Buffer.alloc(5));
  const [head] = await once(stream, 'response') as [IncomingHttpHeaders];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { head, trailers, body: Buffer.concat(chunks) };
}

test('what asks BuildKit to build reads in gRPC that this is not there', async () => {
  await using server = await serve({});
  const session = await connectGrpc(server);
  for (const path of ['/moby.buildkit.v1.Control/ListWorkers', '/moby.buildkit.v1.Control/Solve', '/moby.buildkit.v1.Control/Session', '/grpc.health.v1.Health/Check']) {
    const { head } = await called(session, path);
    assert.deepEqual([head[':status'], head['content-type'], head['grpc-status'], head['grpc-message']], [200, 'application/grpc', '12', 'not supported by this engine: building images'], path);
  }
  const closed = once(session, 'close');
  session.close();
  await closed;
});

test('there is no cache of builds to list or to prune, and both say so without an error', async () => {
  await using server = await serve({});
  const session = await connectGrpc(server);
  const usage = await called(session, '/moby.buildkit.v1.Control/DiskUsage');
  assert.deepEqual([usage.body, usage.trailers['grpc-status']], [Buffer.alloc(5), '0']);
  const pruned = await called(session, '/moby.buildkit.v1.Control/Prune');
  assert.deepEqual([pruned.body.length, pruned.trailers['grpc-status']], [0, '0']);
  session.destroy();
});

test('who does not speak gRPC is refused in JSON', async () => {
  await using server = await serve({});
  for (const path of ['/build', '/grpc', '/session']) {
    const { status, json } = await server.call('POST', `/v1.51${path}`);
    assert.equal(status, 501, path);
    assert.match(json.message, /^not supported by this engine: /);
  }
});

test('the daemon ends while a client of gRPC is connected', async () => {
  await using server = await serve({});
  const session = await connectGrpc(server);
  // Whether it reads an end or a reset is the kernel's to say.
  session.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => { session.once('close', () => resolve()); });
  await server.close(0);
  await closed;
});
