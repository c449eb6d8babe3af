import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { checked, libc } from '../../../src/host/ffi.ts';
import { createResolver } from '../../../src/network/dns/client.ts';
import { Names } from '../../../src/network/dns/names.ts';
import { resolveMessage } from '../../../src/network/dns/resolve.ts';

/** A question for example.com, type A. */
const question = Buffer.from('123401000001000000000000076578616d706c6503636f6d0000010001', 'hex');

describe('resolver failures', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-resolver-'));
  before(() => checked(libc.func('int unshare(int flags)')(0x40000000), 'unshare'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('a resolver that dies over its greeting (ECONNRESET), as one does that is about to end, is followed by another, and nobody fails', async () => {
    const folder = mkdtempSync(join(directory, 'greeted-'));
    const arrived = Promise.withResolvers<Socket>();
    // What is closed with unread data is reset.
    const server = createServer({ pauseOnConnect: true }, (socket) => arrived.resolve(socket));
    await new Promise<void>((resolve) => { server.listen(join(folder, 'resolver.sock'), resolve); });
    const resolver = createResolver({ runDirectory: folder, log: silentLog });
    const put = resolver.put({ network: 'n', endpoint: 'e', name: 'web', names: ['web'], addresses: ['172.18.0.2'] });
    const socket = await arrived.promise;
    // The greeting lies unread in the socket's buffer once the client has written it, which it does in the turn in which it is connected.
    await new Promise(setImmediate);
    server.close();
    socket.destroy();
    await put;
    await resolver.close();
  });

  it('a resolver that dies over a change is followed by one that is told everything, and nobody fails', async () => {
    const folder = mkdtempSync(join(directory, 'dies-'));
    const told: string[][] = [];
    let connections = 0;
    const server = createServer((socket) => {
      const isFirst = ++connections === 1;
      createInterface({ input: socket.on('error', () => undefined) }).on('error', () => undefined).on('line', (line) => {
        const request = JSON.parse(line) as { op: string; endpoints?: { endpoint: string }[] };
        if (isFirst && request.op === 'put') return socket.destroy();
        if (request.endpoints !== undefined) told.push(request.endpoints.map(({ endpoint }) => endpoint));
        return socket.write('{"ok":true}\n');
      });
    });
    await new Promise<void>((resolve) => { server.listen(join(folder, 'resolver.sock'), resolve); });
    const resolver = createResolver({ runDirectory: folder, log: silentLog });
    const put = (endpoint: string): Promise<void> => resolver.put({ network: 'n', endpoint, name: endpoint, names: [endpoint], addresses: ['172.18.0.2'] });
    await put('first');
    await put('second');
    assert.deepEqual(told, [['first'], ['first', 'second']]);
    await resolver.close();
    server.close();
  });

  it('a resolver that ends at its start fails the request at once, with the reason', async () => {
    const elsewhere = mkdtempSync(join(directory, 'ends-'));
    const resolver = createResolver({ runDirectory: elsewhere, log: silentLog, command: ['/bin/sh', '-c', 'exit 7'] });
    await assert.rejects(resolver.put({ network: 'n', endpoint: 'e', name: 'web', names: ['web'], addresses: ['172.18.0.2'] }), {
      kind: 'internal', message: 'the resolver did not start: it ended with exit code 7', hint: `See ${join(elsewhere, 'resolver.log')}.`,
    });
    await resolver.close();
  });

  for (const transport of ['udp', 'tcp'] as const) {
    it(`a name server without a route (ENETUNREACH) is a failure that the client sees, over ${transport}`, async () => {
      const upstreams = ['192.0.2.53', '2001:db8::53'].map((address) => ({ address, port: 53 }));
      const reply = await resolveMessage(question, { names: new Names(), view: { networks: [], upstreams }, transport });
      assert.equal(reply?.readUInt16BE(0), 0x1234);
      assert.equal(reply.readUInt16BE(2) & 0xf, 2, 'SERVFAIL');
    });
  }
});
