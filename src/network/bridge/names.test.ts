import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bridgeName, leavingGroup, linkGroup, shardKey, shardKeyOf, shardNames, vethName, wireGroup } from './names.ts';

test('all names fit into the 15 bytes of the kernel', () => {
  const names = [bridgeName('instance', 'network'), vethName('endpoint'), ...Object.values(shardNames('a-bridge-name-x', 64))];
  for (const name of names) assert.ok(Buffer.byteLength(name) <= 15, name);
});

test('shardKeyOf() knows the links of a network\'s further bridges, and no others', () => {
  for (const name of Object.values(shardNames('web0', 7))) assert.equal(shardKeyOf(name), shardKey('web0'));
  for (const name of ['web0', bridgeName('i', 'n'), vethName('e'), 'gb-12345678', 'gb-12345678-1', 'gt-xyz45678-1']) assert.equal(shardKeyOf(name), undefined);
  assert.notEqual(shardKey('web0'), shardKey('web1'));
});

test('links that wait in the pool, or leave, are of other groups than those in use', () => assert.equal(new Set([linkGroup, wireGroup, leavingGroup].map((group) => group('i'))).size, 3));
