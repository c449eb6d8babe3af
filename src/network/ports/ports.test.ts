import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { PortAllocator } from './port-allocator.ts';
import { portRequest } from './port-request.ts';
import { probeHostPort } from './probe.ts';

const both = { ipv4: true, ipv6: true };
const four = { ipv4: true, ipv6: false };
const allocator = (probe: (port: { hostPort: number }) => string | undefined = () => undefined) => new PortAllocator({ ephemeral: { from: 100, to: 103 }, probe });
const web = (hostPort: string, hostIp = '') => portRequest('80/tcp', { hostPort, hostIp });

test('allocate() gives a port without address on every family', () => {
  assert.deepEqual(allocator().allocate([web('8080')], both).map(({ hostIp, hostPort }) => [hostIp, hostPort]), [['0.0.0.0', 8080], ['::', 8080]]);
});

test('allocate() refuses a taken port with Docker\'s sentence', () => {
  const ports = allocator();
  ports.allocate([web('8080')], four);
  assert.throws(() => ports.allocate([web('8080')], four), { message: 'Bind for 0.0.0.0:8080 failed: port is already allocated' });
});

test('allocate() knows that the wildcard meets every address of its family, but no other protocol', () => {
  const ports = allocator();
  ports.allocate([web('8080', '127.0.0.1')], four);
  assert.throws(() => ports.allocate([web('8080')], four), /already allocated/);
  ports.allocate([web('8080', '127.0.0.2'), web('8080', '::1'), portRequest('80/udp', { hostPort: '8080' })], four);
});

test('allocate() keeps nothing when one of several fails', () => {
  const ports = allocator();
  ports.allocate([web('8081')], four);
  assert.throws(() => ports.allocate([web('8080'), web('8081')], four));
  ports.allocate([web('8080')], four);
});

test('allocate() takes the first free port of a range', () => {
  const ports = allocator(({ hostPort }) => (hostPort === 9000 ? 'EADDRINUSE' : undefined));
  assert.deepEqual([ports.allocate([web('9000-9002')], four)[0]?.hostPort, ports.allocate([web('9000-9002')], four)[0]?.hostPort], [9001, 9002]);
  assert.throws(() => ports.allocate([web('9000-9002')], four), { message: 'failed to bind host port for 0.0.0.0:9000/tcp: address already in use' });
});

test('allocate() walks the ephemeral range, gives a freed port last, and says when all are taken', () => {
  const ports = allocator();
  const first = ports.allocate([web('')], four);
  assert.equal(first[0]?.hostPort, 100);
  ports.release(first);
  assert.deepEqual(ports.allocate([web(''), web(''), web(''), web('0')], four).map((port) => port.hostPort), [101, 102, 103, 100]);
  assert.throws(() => ports.allocate([web('')], four), { message: 'all ports are allocated' });
});

test('claim() takes the ports of containers that run already', () => {
  const ports = allocator();
  ports.claim([{ protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort: 100 }]);
  assert.equal(ports.allocate([web('')], four)[0]?.hostPort, 101);
});

for (const [port, binding] of [['0/tcp', {}], ['80/icmp', {}], ['80', { hostPort: '70000' }], ['80', { hostPort: '9-8' }], ['80', { hostIp: 'localhost' }]] as const) {
  test(`portRequest() refuses ${port} ${JSON.stringify(binding)}`, () => assert.throws(() => portRequest(port, binding), { kind: 'invalid' }));
}

test('probeHostPort() sees a listener of another program, and an address the host has not', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  try {
    assert.equal(probeHostPort({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: port }), 'EADDRINUSE');
    assert.equal(probeHostPort({ protocol: 'tcp', hostIp: '0.0.0.0', hostPort: port }), 'EADDRINUSE');
    assert.equal(probeHostPort({ protocol: 'tcp', hostIp: '192.0.2.1', hostPort: port }), 'EADDRNOTAVAIL');
  } finally {
    server.close();
  }
  await once(server, 'close');
  assert.equal(probeHostPort({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: port }), undefined);
});
