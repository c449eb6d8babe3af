import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublishedPort } from '../network.ts';
import { relayedPorts } from './relayed-port.ts';

const port = (hostIp: string, protocol: PublishedPort['protocol'] = 'tcp'): PublishedPort => ({ protocol, containerPort: 80, hostIp, hostPort: 8080 });
const everywhere = [port('0.0.0.0'), port('::'), port('::1', 'udp'), port('::', 'sctp')];

test('relayedPorts() are those at a family in which the container has no address', () => {
  assert.deepEqual(relayedPorts({ ports: everywhere, ipv4: '172.17.0.2/16', ipv6: 'fd00::2/64' }), []);
  assert.deepEqual(relayedPorts({ ports: everywhere, ipv4: '172.17.0.2/16' }), [
    { protocol: 'tcp', hostIp: '::', hostPort: 8080, address: '172.17.0.2', port: 80 },
    { protocol: 'udp', hostIp: '::1', hostPort: 8080, address: '172.17.0.2', port: 80 },
  ]);
  assert.deepEqual(relayedPorts({ ports: everywhere, ipv6: 'fd00::2/64' }).map(({ hostIp, address }) => [hostIp, address]), [['0.0.0.0', 'fd00::2']]);
  assert.deepEqual(relayedPorts({ ports: everywhere }), []);
});
