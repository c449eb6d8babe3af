import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { test } from 'node:test';
import { checked, libc } from '../../host/ffi.ts';
import { openBound } from '../../host/internet-sockets.ts';
import { UdpRelay } from './udp-relay.ts';

const socketCall = libc.func('int socket(int domain, int type, int protocol)');
const sendto = libc.func('intptr_t sendto(int fd, const void *bytes, size_t length, int flags, const void *address, unsigned int addressLength)');
const [AF_INET, SOCK_RAW, IPPROTO_UDP] = [2, 3, 17];

/** A datagram to 127.0.0.1 whose sender has no port. */
function sendFromPortZero(port: number, text: string): void {
  const packet = Buffer.concat([Buffer.alloc(8), Buffer.from(text)]);
  packet.writeUInt16BE(port, 2);
  packet.writeUInt16BE(packet.length, 4);
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  Buffer.from([127, 0, 0, 1]).copy(address, 4);
  const fd = checked(socketCall(AF_INET, SOCK_RAW, IPPROTO_UDP) as number, 'socket');
  try {
    checked(Number(sendto(fd, packet, packet.length, 0, address, address.length)), 'sendto');
  } finally {
    closeSync(fd);
  }
}

test('a UDP relay passes on what comes from port 0, answers nobody there, and goes on', async (t) => {
  const container = createSocket('udp4', (message, from) => container.send(`heard ${String(message)}`, from.port, from.address)).bind(0, '127.0.0.1');
  await once(container, 'listening');
  const { fd, port } = openBound('udp', '127.0.0.1');
  const relay = new UdpRelay(fd, { hostIp: '127.0.0.1', address: '127.0.0.1', port: container.address().port });
  const client = createSocket('udp4');
  t.after(() => {
    for (const each of [relay, client, container]) each.close();
  });
  const passedOn = once(container, 'message');
  sendFromPortZero(port, 'nobody');
  assert.equal(String((await passedOn)[0]), 'nobody');
  const answered = once(client, 'message');
  client.send('somebody', port, '127.0.0.1');
  assert.equal(String((await answered)[0]), 'heard somebody');
});
