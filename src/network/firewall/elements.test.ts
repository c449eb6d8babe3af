import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BridgeNetwork, Endpoint, PublishedPort } from '../network.ts';
import { addElements, deleteElements, networkElements, portElements } from './elements.ts';
import { rulesetText } from './ruleset.ts';

const network: BridgeNetwork = { id: 'n', bridge: 'br0', internal: false, masquerade: true, icc: true, mtu: 1500 };
const port = (hostIp: string, hostPort: number): PublishedPort => ({ protocol: 'tcp', containerPort: 80, hostIp, hostPort });
const endpoint = (...ports: PublishedPort[]): Endpoint => ({
  id: 'e', network, interface: 'eth0', macAddress: '', ipv4: '172.17.0.2/16', ipv6: 'fd00::2/64', defaultRoute: true, ports,
});

test('addElements() publishes all ports of an endpoint in a line a map', () => {
  assert.deepEqual(addElements('x', portElements(endpoint(port('0.0.0.0', 1), port('', 2), port('127.0.0.1', 3), port('::', 4), port('2001:db8::1', 5)))), [
    'add element inet gantry-x published4any { 6 . 1 : 172.17.0.2 . 80, 6 . 2 : 172.17.0.2 . 80 }',
    'add element inet gantry-x published4 { 127.0.0.1 . 6 . 3 : 172.17.0.2 . 80 }',
    'add element inet gantry-x published6any { 6 . 4 : fd00::2 . 80 }',
    'add element inet gantry-x published6 { 2001:db8::1 . 6 . 5 : fd00::2 . 80 }',
  ]);
});

test('deleteElements() names keys only', () => {
  assert.deepEqual(deleteElements('x', portElements(endpoint(port('0.0.0.0', 1)))), ['delete element inet gantry-x published4any { 6 . 1 }']);
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

test('rulesetText() replaces the table in one transaction, elements last', () => {
  const lines = rulesetText('x', ['add element inet gantry-x bridges { "br0" }'], { bridgedTranslation: false }).split('\n');
  assert.deepEqual(lines.slice(0, 3), ['add table inet gantry-x', 'delete table inet gantry-x', 'table inet gantry-x {']);
  assert.equal(lines.at(-2), 'add element inet gantry-x bridges { "br0" }');
});
