import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BridgeNetwork, Endpoint, PublishedPort } from '../network.ts';
import { addElements, encodedElements, networkElements, portElements } from './elements.ts';
import { tableOf } from './ruleset.ts';

const network: BridgeNetwork = { id: 'n', bridge: 'br0', internal: false, masquerade: true, icc: true, mtu: 1500 };
const port = (hostIp: string, hostPort: number): PublishedPort => ({ protocol: 'tcp', containerPort: 80, hostIp, hostPort });
const endpoint = (...ports: PublishedPort[]): Endpoint => ({
  id: 'e', network, interface: 'eth0', macAddress: '', ipv4: '172.17.0.2/16', ipv6: 'fd00::2/64', defaultRoute: true, ports,
});

test('portElements() has a map for every address of the host, and one for each of them', () => {
  assert.deepEqual(portElements(endpoint(port('0.0.0.0', 1), port('', 2), port('127.0.0.1', 3), port('::', 4), port('2001:db8::1', 5))), [
    { set: 'published4any', key: [6, 1], value: ['172.17.0.2', 80] },
    { set: 'published4any', key: [6, 2], value: ['172.17.0.2', 80] },
    { set: 'published4', key: ['127.0.0.1', 6, 3], value: ['172.17.0.2', 80] },
    { set: 'published6any', key: [6, 4], value: ['fd00::2', 80] },
    { set: 'published6', key: ['2001:db8::1', 6, 5], value: ['fd00::2', 80] },
  ]);
});

test('portElements() offers what is published to links that the network trusts', () => {
  const trusting = { ...endpoint(port('127.0.0.1', 3), port('::', 4)), network: { ...network, trustedLinks: ['lan0'] } };
  assert.deepEqual(portElements(trusting).filter(({ set }) => set.startsWith('offered')), [
    { set: 'offered4', key: ['172.17.0.2', 6, 80] }, { set: 'offered6', key: ['fd00::2', 6, 80] },
  ]);
});

test('addElements() says all elements of a set in one message, and one that is wanted twice once', () => {
  const elements = portElements(endpoint(port('', 1), port('', 2), port('', 1)));
  assert.equal(addElements(tableOf('x'), elements).length, 1);
  assert.deepEqual([...encodedElements(elements).get('published4any')!.values()].map(({ key, value }) => [key.toString('hex'), value?.toString('hex')]), [
    ['0600000000010000', 'ac11000200500000'], ['0600000000020000', 'ac11000200500000'],
  ]);
});

test('addElements() splits what no message holds', () => {
  const ports = Array.from({ length: 1001 }, (_, index) => port('', index + 1));
  assert.equal(addElements(tableOf('x'), portElements(endpoint(...ports))).length, 3);
});

test('portElements() leaves out a host address of a family that the container has not', () => {
  assert.deepEqual(portElements({ ...endpoint(port('::', 80), port('0.0.0.0', 80)), ipv6: undefined }).map(({ set }) => set), ['published4any']);
});

test('networkElements() says what the network is', () => {
  const sets = (more: Partial<BridgeNetwork>) => networkElements({ ...network, ...more }).map(({ set }) => set);
  assert.deepEqual(sets({}), ['bridges', 'same', 'masquerading4', 'masquerading6']);
  assert.deepEqual(sets({ gatewayModes: { ipv4: 'nat-unprotected', ipv6: 'routed' } }), ['bridges', 'same', 'masquerading4', 'open4', 'routed6']);
  assert.deepEqual(sets({ sources: { ipv4: '192.0.2.7' }, trustedLinks: ['lan0'] }), ['bridges', 'same', 'trusted', 'source4', 'masquerading6']);
  assert.deepEqual(sets({ internal: true, icc: false, masquerade: false }), ['bridges', 'same', 'internal', 'isolated']);
});
