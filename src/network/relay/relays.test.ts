import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { boundAddress, listenOn } from '../../host/internet-sockets.ts';
import { reserveHostPort } from '../ports/reserve.ts';
import type { RelayedPort } from './relayed-port.ts';
import { Relays } from './relays.ts';

describe('Relays', () => {
  const relays = new Relays();
  /** Greets, and answers once the other side has ended its half. */
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let asked = '';
    socket.write('welcome, ');
    socket.on('error', () => {}).on('data', (chunk) => { asked += String(chunk); }).on('end', () => socket.end(`you said ${asked}`));
  });
  const ports: RelayedPort[] = [];
  const descriptors: number[] = [];

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (let count = 0; count < 2; count++) {
      // The kernel chooses: nobody can take it between the choice and the hold.
      const held = reserveHostPort({ protocol: 'tcp', hostIp: '::1', hostPort: 0 });
      assert.ok('release' in held && held.descriptor !== undefined);
      const hostPort = boundAddress(held.descriptor).port;
      descriptors.push(held.descriptor);
      ports.push({ protocol: 'tcp', hostIp: '::1', hostPort, address: '127.0.0.1', port });
    }
  });
  after(() => {
    relays.replace([], process.pid);
    server.close();
  });

  it('open() takes a connection that came before it, and passes on the end of each half', async () => {
    listenOn(descriptors[0]!);
    const socket = connect({ host: '::1', port: ports[0]!.hostPort, allowHalfOpen: true });
    await once(socket, 'connect');
    socket.end('hello');
    relays.open([{ ...ports[0]!, descriptor: descriptors[0]! }], process.pid);
    assert.equal(await heardFrom(socket), 'welcome, you said hello');
  });

  it('open() refuses a descriptor that is another port\'s by now, or none', () => {
    assert.throws(() => relays.open([{ ...ports[1]!, descriptor: descriptors[0]! }], process.pid), /its socket is bound to ::1 port \d+$/);
    assert.throws(() => relays.open([ports[1]!], process.pid), /somebody else holds the port$/);
    assert.equal(relays.size, 1);
  });

  it('replace() keeps the connections of a port that stays, also without its descriptor', async () => {
    const socket = connect({ host: '::1', port: ports[0]!.hostPort, allowHalfOpen: true });
    await once(socket, 'connect');
    relays.replace([ports[0]!, { ...ports[1]!, descriptor: descriptors[1]! }], process.pid);
    socket.end('again');
    assert.equal(await heardFrom(socket), 'welcome, you said again');
    assert.equal(relays.size, 2);
  });

  it('close() ends its connections', async () => {
    const socket = connect({ host: '::1', port: ports[0]!.hostPort });
    await once(socket, 'data');
    const ended = Promise.withResolvers<void>();
    socket.on('error', () => {}).once('close', () => ended.resolve());
    relays.close(ports);
    await ended.promise;
    assert.equal(relays.size, 0);
  });
});

async function heardFrom(socket: Socket): Promise<string> {
  let heard = '';
  for await (const chunk of socket) heard += String(chunk);
  return heard;
}
