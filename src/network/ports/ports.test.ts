import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { boundAddress, listenOn, stopListening } from '../../host/internet-sockets.ts';
import { PortAllocator } from './port-allocator.ts';
import { portRequest } from './port-request.ts';
import { reserveHostPort, type HostPort, type Reservation } from './reserve.ts';

const everything = { ipv4: true, ipv6: true };
const both = { families: everything };
const four = { families: { ipv4: true, ipv6: false } };
const free = (): Reservation => ({ release: () => undefined });
const allocator = (reserve: (port: HostPort) => Reservation = free) => new PortAllocator({ ephemeral: { from: 100, to: 103 }, reserve, relayed: { ipv4: false, ipv6: false } });
const web = (hostPort: string, hostIp = '') => portRequest('80/tcp', { hostPort, hostIp });

test('allocate() gives a port without address on every family', () => {
  assert.deepEqual(allocator().allocate([web('8080')], both).map(({ hostIp, hostPort }) => [hostIp, hostPort]), [['0.0.0.0', 8080], ['::', 8080]]);
});

test('allocate() gives a port also at the family in which the container has no address, where that is passed on; not for SCTP', () => {
  const at = (request: Parameters<PortAllocator['allocate']>[0][number], families: typeof everything) =>
    new PortAllocator({ ephemeral: { from: 100, to: 103 }, reserve: free, relayed: everything }).allocate([request], { families }).map(({ hostIp }) => hostIp);
  assert.deepEqual(at(web('8080'), four.families), ['0.0.0.0', '::']);
  assert.deepEqual(at(web('8080'), { ipv4: false, ipv6: true }), ['0.0.0.0', '::']);
  assert.deepEqual(at(web('8080', '127.0.0.1'), four.families), ['127.0.0.1']);
  assert.deepEqual(at(portRequest('80/sctp', { hostPort: '8080' }), four.families), ['0.0.0.0']);
});

test('allocate() takes no port of the host in a family that is routed', () => {
  const ports = allocator();
  const reach = { families: everything, routed: { ipv4: false, ipv6: true } };
  const given = ports.allocate([web('8080'), web('8081')], reach);
  assert.deepEqual(given.map(({ hostIp, hostPort }) => [hostIp, hostPort]), [['0.0.0.0', 8080], ['::', 0], ['0.0.0.0', 8081]]);
  assert.deepEqual(ports.allocate([web('8080', '::')], reach).map(({ hostPort }) => hostPort), [0]);
  ports.release(given);
  ports.claim(given);
});

test('descriptorOf() is the socket that holds the port, asked for again when somebody else had it', () => {
  const port = { protocol: 'tcp', containerPort: 80, hostIp: '::', hostPort: 8080 } as const;
  let answer: Reservation = { refused: 'EADDRINUSE' };
  const ports = allocator(() => answer);
  assert.equal(ports.descriptorOf(port), undefined);
  ports.claim([port]);
  assert.equal(ports.descriptorOf(port), undefined);
  answer = { release: () => undefined, descriptor: 77 };
  assert.equal(ports.descriptorOf(port), 77);
});

test('allocate() refuses a taken port with Docker\'s sentence', () => {
  const ports = allocator();
  ports.allocate([web('8080')], four);
  assert.throws(() => ports.allocate([web('8080')], four), { message: 'Bind for 0.0.0.0:8080 failed: port is already allocated' });
});

test('allocate() knows that the wildcard meets every address of its family, but no other protocol', () => {
  const ports = allocator();
  ports.allocate([web('8080', '127.0.0.1')], four);
  assert.throws(() => ports.allocate([web('8080')], four), { message: 'Bind for 127.0.0.1:8080 failed: port is already allocated' });
  ports.allocate([web('8080', '127.0.0.2'), web('8080', '::1'), portRequest('80/udp', { hostPort: '8080' })], four);
});

test('allocate() refuses what another engine leads to a container, and gives no such port of the host\'s choice', () => {
  const ports = new PortAllocator({ ephemeral: { from: 100, to: 103 }, reserve: free, isLedElsewhere: ({ hostPort }) => hostPort < 102, relayed: { ipv4: false, ipv6: false } });
  assert.throws(() => ports.allocate([web('100')], four), { message: 'Bind for 0.0.0.0:100 failed: port is already allocated' });
  assert.deepEqual(ports.allocate([web(''), web('101-105')], four).map((port) => port.hostPort), [102, 103]);
  ports.claim([{ protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort: 100 }]);
});

test('allocate() keeps nothing when one of several fails', () => {
  const ports = allocator();
  ports.allocate([web('8081')], four);
  assert.throws(() => ports.allocate([web('8080'), web('8081')], four));
  ports.allocate([web('8080')], four);
});

test('allocate() takes the first free port of a range', () => {
  const ports = allocator(({ hostPort }) => (hostPort === 9000 ? { refused: 'EADDRINUSE' } : free()));
  assert.deepEqual([ports.allocate([web('9000-9002')], four)[0]?.hostPort, ports.allocate([web('9000-9002')], four)[0]?.hostPort], [9001, 9002]);
  assert.throws(() => ports.allocate([web('9000-9002')], { ...four, container: '172.17.0.2' }), { message: 'failed to bind host port for 0.0.0.0:9000:172.17.0.2:80/tcp: address already in use' });
});

test('allocate() walks the ephemeral range, gives a freed port last, and says when all are taken', () => {
  const ports = allocator();
  const first = ports.allocate([web('')], four);
  assert.equal(first[0]?.hostPort, 100);
  ports.release(first);
  assert.deepEqual(ports.allocate([web(''), web(''), web(''), web('0')], four).map((port) => port.hostPort), [101, 102, 103, 100]);
  assert.throws(() => ports.allocate([web('')], four), { message: 'all ports are allocated' });
});

test('allocate() begins where it is told, and goes round', () => {
  const ports = new PortAllocator({ ephemeral: { from: 100, to: 103, first: 102 }, reserve: free, relayed: { ipv4: false, ipv6: false } });
  assert.deepEqual(ports.allocate([web(''), web(''), web('')], four).map((port) => port.hostPort), [102, 103, 100]);
});

test('claim() takes the ports of containers that run already', () => {
  const ports = allocator();
  ports.claim([{ protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort: 100 }]);
  assert.equal(ports.allocate([web('')], four)[0]?.hostPort, 101);
});

for (const [port, binding] of [['0/tcp', {}], ['80/icmp', {}], ['80', { hostPort: '70000' }], ['80', { hostPort: '9-8' }], ['80', { hostIp: 'localhost' }]] as const) {
  test(`portRequest() refuses ${port} ${JSON.stringify(binding)}`, () => assert.throws(() => portRequest(port, binding), { kind: 'invalid' }));
}

test('release() gives every port back that allocate() and claim() took, once', () => {
  const held = new Map<string, number>();
  const ports = allocator(({ hostIp, hostPort }) => {
    const key = `${hostIp} ${hostPort}`;
    held.set(key, (held.get(key) ?? 0) + 1);
    return { release: () => void held.set(key, (held.get(key) ?? 0) - 1) };
  });
  const given = ports.allocate([web('8080'), web('8081')], both);
  ports.claim(given);
  assert.deepEqual([...held.values()], [1, 1, 1, 1]);
  ports.release(given);
  ports.release(given);
  assert.deepEqual([...held.values()], [0, 0, 0, 0]);
});

test('reserveHostPort() sees a listener of another program, and an address the host has not', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  try {
    assert.deepEqual(reserveHostPort({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: port }), { refused: 'EADDRINUSE' });
    assert.deepEqual(reserveHostPort({ protocol: 'tcp', hostIp: '0.0.0.0', hostPort: port }), { refused: 'EADDRINUSE' });
    assert.deepEqual(reserveHostPort({ protocol: 'tcp', hostIp: '192.0.2.1', hostPort: port }), { refused: 'EADDRNOTAVAIL' });
  } finally {
    server.close();
  }
  await once(server, 'close');
});

test('a port that is held can listen and refuse again, and is held all along', async () => {
  const { held, port } = holdFreePort('127.0.0.1');
  const answer = async (): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    return await new Promise((resolve) => { socket.once('connect', () => { socket.destroy(); resolve('connected'); }).once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? '')); });
  };
  assert.equal(await answer(), 'ECONNREFUSED');
  listenOn(held.descriptor);
  assert.equal(await answer(), 'connected');
  stopListening(held.descriptor);
  assert.equal(await answer(), 'ECONNREFUSED');
  assert.deepEqual(reserveHostPort({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: port }), { refused: 'EADDRINUSE' });
  held.release();
});

test('reserveHostPort() keeps others from the port until it is released', async () => {
  const { held, port } = holdFreePort('0.0.0.0');
  assert.deepEqual(reserveHostPort({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: port }), { refused: 'EADDRINUSE' });
  const [error] = await once(createServer().listen(port, '127.0.0.1'), 'error') as [NodeJS.ErrnoException];
  assert.equal(error.code, 'EADDRINUSE');
  held.release();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

/** The number is the kernel's choice, taken by name: whoever has it in between keeps it, and there is another one. */
function holdFreePort(hostIp: string): { held: { release(): void; descriptor: number }; port: number } {
  for (;;) {
    const chosen = reserveHostPort({ protocol: 'tcp', hostIp, hostPort: 0 });
    assert.ok('release' in chosen && chosen.descriptor !== undefined);
    const { port } = boundAddress(chosen.descriptor);
    chosen.release();
    const held = reserveHostPort({ protocol: 'tcp', hostIp, hostPort: port });
    if ('release' in held && held.descriptor !== undefined) return { held: { release: held.release, descriptor: held.descriptor }, port };
  }
}
