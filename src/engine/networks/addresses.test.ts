import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import type { Metadata } from '../../store/metadata/metadata.ts';
import { openMetadata } from '../../store/metadata/sqlite.ts';
import { Addresses } from './addresses.ts';
import { missingDefaults } from './default-networks.ts';
import type { NetworkRecord } from './verbs.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-addresses-'));
const [bridge] = missingDefaults([], { instanceId: 'i', usedSubnets: ['172.17.0.0/16'], createdAt: '' }) as [NetworkRecord];
const small: NetworkRecord = { ...bridge, id: 'small', name: 'small', ipam: { ...bridge.ipam, config: [{ subnet: '10.9.0.0/29', gateway: '10.9.0.1', auxAddresses: { router: '10.9.0.2' } }] } };
let metadata: Metadata;
let addresses: Addresses;
let count = 0;

describe('addresses', () => {
  beforeEach(() => {
    metadata = openMetadata(join(folder, `${++count}.db`));
    addresses = new Addresses(metadata);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('take() begins after the gateway and gives each address once', () => {
    assert.deepEqual([1, 2, 3].map((number) => addresses.take(bridge, { family: 4, owner: `c${number}` })), ['172.18.0.2', '172.18.0.3', '172.18.0.4']);
  });

  test('take() goes on behind an address that was given back', () => {
    addresses.give(bridge.id, addresses.take(bridge, { family: 4, owner: 'a' }), 'a');
    assert.equal(addresses.take(bridge, { family: 4, owner: 'b' }), '172.18.0.3');
  });

  test('take() gives an owner the address it had before, unless another one has it or it is not in the pool any more', () => {
    const again = (owner: string, before: string): string => addresses.take(small, { family: 4, owner, before });
    assert.equal(again('a', '10.9.0.5'), '10.9.0.5');
    assert.equal(again('b', '10.9.0.5'), '10.9.0.3');
    assert.equal(again('c', '10.9.0.1'), '10.9.0.4');
    assert.equal(again('d', '10.8.0.9'), '10.9.0.6');
  });

  test('take() gives nobody the subnet\'s own address, or that of all in it', () => {
    for (const wanted of ['10.9.0.0', '10.9.0.7']) assert.throws(() => addresses.take(small, { family: 4, owner: 'me', wanted }), { kind: 'forbidden' });
  });

  test('take() leaves the gateway and auxiliary addresses alone, and says when the pool is empty', () => {
    assert.deepEqual([1, 2, 3, 4].map((number) => addresses.take(small, { family: 4, owner: `c${number}` })), ['10.9.0.3', '10.9.0.4', '10.9.0.5', '10.9.0.6']);
    assert.throws(() => addresses.take(small, { family: 4, owner: 'late' }), { kind: 'exhausted' });
  });

  test('take() of a wanted address refuses what another has, the gateway, and what is outside', () => {
    const want = (wanted: string, owner = 'me') => addresses.take(small, { family: 4, owner, wanted });
    assert.equal(want('10.9.0.5'), '10.9.0.5');
    assert.equal(want('10.9.0.5'), '10.9.0.5');
    assert.throws(() => want('10.9.0.5', 'other'), { kind: 'forbidden', message: 'Address already in use' });
    assert.throws(() => want('10.9.0.1'), { kind: 'forbidden' });
    assert.throws(() => want('10.8.0.1'), { kind: 'invalid', message: 'no configured subnet contains IP address 10.8.0.1' });
    assert.throws(() => want('fd00::1'), { kind: 'invalid' });
  });

  test('give() takes nothing from another owner', () => {
    addresses.take(small, { family: 4, owner: 'a', wanted: '10.9.0.5' });
    addresses.give(small.id, '10.9.0.5', 'b');
    assert.throws(() => addresses.take(small, { family: 4, owner: 'b', wanted: '10.9.0.5' }), /already in use/);
  });

  test('sweep() gives back what no container has, also one that lives on without it', () => {
    addresses.take(small, { family: 4, owner: 'alive', wanted: '10.9.0.4' });
    addresses.take(small, { family: 4, owner: 'dead', wanted: '10.9.0.5' });
    addresses.take(small, { family: 4, owner: 'alive', wanted: '10.9.0.6' });
    addresses.sweep([{ networkId: 'small', address: '10.9.0.6', owner: 'alive' }]);
    assert.equal(addresses.take(small, { family: 4, owner: 'b', wanted: '10.9.0.4' }), '10.9.0.4');
    assert.equal(addresses.take(small, { family: 4, owner: 'b', wanted: '10.9.0.5' }), '10.9.0.5');
    assert.throws(() => addresses.take(small, { family: 4, owner: 'b', wanted: '10.9.0.6' }), /already in use/);
  });
});
