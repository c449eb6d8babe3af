import assert from 'node:assert/strict';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { impatient, makeImage, startFake } from './support.ts';

describe('a proxy from the environment', () => {
  it('carries plain requests, and tunnels for those with TLS', async () => {
    const image = makeImage();
    await using origin = await startFake((_request, response) => response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(image.manifest));
    const seen: string[] = [];
    const sockets: Socket[] = [];
    const proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(image.manifest);
    });
    proxy.on('connect', (request, socket: Socket) => {
      seen.push(`CONNECT ${request.url}`);
      // To a registry without TLS, so the handshake fails and the client turns to plain HTTP.
      const upstream = connect(Number(origin.host.split(':')[1]), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      sockets.push(socket, upstream);
      for (const end of [socket, upstream]) end.on('error', () => undefined);
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const client = createRegistryClient({ ...impatient, insecureRegistries: ['registry.invalid'], proxyEnvironment: { HTTPS_PROXY: url, HTTP_PROXY: url } });
    try {
      assert.equal((await client.getManifest({ registry: 'registry.invalid', name: 'a' }, 'v1')).descriptor.digest, image.digest);
      assert.deepEqual(seen, ['CONNECT registry.invalid:443', 'GET http://registry.invalid/v2/a/manifests/v1']);
    } finally {
      client.close();
      for (const socket of sockets) socket.destroy();
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });
});
