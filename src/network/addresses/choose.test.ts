import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { chooseSubnet, firstAddress, macOf, nextAddress } from './choose.ts';
import { addressOf, parseSubnet, subnetHolds, subnetText, subnetsOverlap } from './subnet.ts';

test('chooseSubnet() walks Docker\'s default pools: 15 of /16, then 16 of /20; or those that it is given', () => {
  const all: string[] = [];
  for (let next = chooseSubnet(all); next !== undefined; next = chooseSubnet(all)) all.push(next);
  assert.equal(all.length, 31);
  assert.deepEqual([all[0], all[14], all[15], all[30]], ['172.17.0.0/16', '172.31.0.0/16', '192.168.0.0/20', '192.168.240.0/20']);
  const pools = [{ base: '10.20.0.0/23', size: 24 }, { base: '10.30.0.0/16', size: 16 }];
  assert.deepEqual([[], ['10.20.0.7/32'], ['10.20.0.0/23']].map((used) => chooseSubnet(used, pools)), ['10.20.0.0/24', '10.20.1.0/24', '10.30.0.0/16']);
});

test('chooseSubnet() avoids networks and routes, ignores the default route, and gives up when all is used', () => {
  assert.equal(chooseSubnet(['0.0.0.0/0', '::/0']), '172.17.0.0/16');
  assert.equal(chooseSubnet(['172.17.0.0/16', '172.18.5.0/24', '172.19.0.0/16']), '172.20.0.0/16');
  assert.equal(chooseSubnet(['172.16.0.0/12']), '192.168.0.0/20');
  assert.equal(chooseSubnet(['172.16.0.0/12', '192.168.0.0/16']), undefined);
});

test('nextAddress() goes on after the last one given and wraps around', () => {
  const taken = new Set(['10.0.0.1']);
  const next = (last?: string) => nextAddress({ subnet: '10.0.0.0/29', last, taken: (address) => taken.has(address) });
  assert.equal(next(), '10.0.0.2');
  assert.equal(next('10.0.0.2'), '10.0.0.3');
  assert.equal(next('10.0.0.6'), '10.0.0.2');
});

test('nextAddress() never gives the network or broadcast address, and each other one once', () => {
  const taken = new Set<string>();
  for (let last: string | undefined; ;) {
    last = nextAddress({ subnet: '10.0.0.0/28', last, taken: (address) => taken.has(address) });
    if (last === undefined) break;
    assert.ok(!taken.has(last));
    taken.add(last);
  }
  assert.equal(taken.size, 14);
  assert.ok(!taken.has('10.0.0.0') && !taken.has('10.0.0.15'));
});

test('nextAddress() stays in the range, also when the last one was outside', () => {
  assert.equal(nextAddress({ subnet: '10.0.0.0/24', range: '10.0.0.128/25', last: '10.0.0.3', taken: () => false })?.startsWith('10.0.0.'), true);
  fc.assert(fc.property(fc.integer({ min: 0, max: 255 }), (octet) => {
    const given = nextAddress({ subnet: '10.0.0.0/24', range: '10.0.0.128/25', last: `10.0.0.${octet}`, taken: () => false });
    assert.ok(subnetHolds(parseSubnet('10.0.0.128/25')!, given!));
  }));
});

test('nextAddress() works in IPv6', () => {
  assert.equal(nextAddress({ subnet: 'fd00::/64', last: 'fd00::ffff', taken: () => false }), 'fd00::1:0');
});

test('nextAddress() never gives the address of all routers of an IPv6 subnet', () => {
  for (const subnet of ['fd00:7::/64', 'fd00:7::/30', 'fd00:7::/126']) assert.equal(nextAddress({ subnet, taken: () => false }), addressOf(6, parseSubnet(subnet)!.base + 1n));
  assert.equal(nextAddress({ subnet: 'fd00:7::/127', taken: () => false }), 'fd00:7::');
});

test('firstAddress() and macOf() are Docker\'s', () => {
  assert.equal(firstAddress('172.17.0.0/16'), '172.17.0.1');
  assert.equal(macOf('172.17.0.2'), '02:42:ac:11:00:02');
});

test('parseSubnet() cuts host bits off and refuses what is none', () => {
  assert.equal(subnetText(parseSubnet('10.1.2.3/16')!), '10.1.0.0/16');
  for (const text of ['', '10.0.0.0', '10.0.0.0/33', 'fd00::/129', 'x/8']) assert.equal(parseSubnet(text), undefined);
});

test('subnets overlap exactly when one holds the base of the other', () => {
  const subnet = fc.tuple(fc.nat(0xffffffff), fc.integer({ min: 1, max: 32 })).map(([base, prefix]) => parseSubnet(`${addressOf(4, BigInt(base))}/${prefix}`)!);
  fc.assert(fc.property(subnet, subnet, (one, other) => {
    const holds = subnetHolds(one, addressOf(4, other.base)) || subnetHolds(other, addressOf(4, one.base));
    assert.equal(subnetsOverlap(one, other), holds);
  }));
});
