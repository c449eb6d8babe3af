import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createNetns, removeNetns, withNetns } from '../namespaces.ts';
import { protocolFamily } from '../netlink/netfilter-message.ts';
import { accept, isIn, outLink } from './expressions.ts';
import { encodeFields } from './fields.ts';
import { deleteElements, deleteTable, newChain, newElements, newRule, newSet, newTable, type SetElement } from './messages.ts';
import { NftablesSocket } from './socket.ts';

const table = { family: protocolFamily.inet, name: 'mine' };
const set = { name: 'ports', key: ['ipv6', 'protocol', 'port'], value: ['ipv4', 'port'] } as const;
const element = (port: number, to = 80): SetElement => ({ key: encodeFields(set.key, ['fd00::1', 6, port]), value: encodeFields(set.value, ['10.0.0.1', to]) });

describe('NftablesSocket', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-nft-'));
  const namespace = join(folder, 'net');
  let nftables: NftablesSocket;
  before(() => {
    createNetns(namespace);
    nftables = withNetns(namespace, () => new NftablesSocket());
    nftables.transaction([
      newTable(table), newSet(table, { ...set, key: [...set.key], value: [...set.value] }, 1), newSet(table, { name: 'links', key: ['ifname'] }, 2),
      newChain(table, 'forward', { type: 'filter', hook: 'forward', priority: -5 }), newChain(table, 'loose'), newRule(table, 'forward', [...isIn('links', outLink), ...accept]),
    ]);
  });
  after(() => {
    nftables.close();
    removeNetns(namespace);
    rmSync(folder, { recursive: true });
  });

  it('tables() tells the comments that newTable() gave, but one that is too long', () => {
    const [short, long] = [{ ...table, name: 'short' }, { ...table, name: 'long' }];
    nftables.transaction([newTable(short, 'whose it is'), newTable(long, 'x'.repeat(128))]);
    assert.deepEqual(nftables.tables(table.family), [table, { ...short, comment: 'whose it is' }, long]);
    nftables.transaction([deleteTable(short), deleteTable(long)]);
  });

  it('transaction() does all or nothing, and says what was refused', () => {
    const generation = nftables.generation();
    const refused = () => nftables.transaction([newTable({ ...table, name: 'other' }), ...deleteElements(table, 'ports', [element(1).key])]);
    assert.throws(refused, { code: 'ENOENT', message: /delete elements of ports/ });
    assert.throws(() => nftables.transaction([deleteTable({ ...table, name: 'other' })]), { code: 'ENOENT' });
    assert.equal(nftables.generation(), generation);
    nftables.transaction([]);
    assert.equal(nftables.generation(), generation);
  });

  it('a key has one value', () => {
    nftables.transaction(newElements(table, 'ports', [element(7)]));
    nftables.transaction(newElements(table, 'ports', [element(7)]));
    assert.throws(() => nftables.transaction(newElements(table, 'ports', [element(7, 81)])), { code: 'EEXIST' });
    assert.deepEqual(nftables.elements(table, 'ports'), [element(7)]);
    nftables.transaction(deleteElements(table, 'ports', [element(7).key]));
    assert.deepEqual(nftables.elements(table, 'ports'), []);
  });

  it('takes and gives back more than a message or a socket holds', () => {
    const many = Array.from({ length: 5000 }, (_, index) => element(index + 1));
    nftables.transaction(newElements(table, 'ports', many));
    assert.deepEqual(new Set(nftables.elements(table, 'ports').map(({ key }) => key.toString('hex'))), new Set(many.map(({ key }) => key.toString('hex'))));
    nftables.transaction(deleteElements(table, 'ports', many.map(({ key }) => key)));
    assert.deepEqual(nftables.elements(table, 'ports'), []);
  });

  it('lists each element of a set once, also while the kernel makes room for them', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => element(index + 1));
    const growing = { ...table, name: 'growing' };
    for (let time = 0; time < 3; time++) {
      nftables.transaction([newTable(growing), newSet(growing, { ...set, key: [...set.key], value: [...set.value] }, 3), ...newElements(growing, 'ports', many)]);
      assert.equal(new Set(nftables.elements(growing, 'ports').map(({ key }) => key.toString('hex'))).size, many.length);
      nftables.transaction([deleteTable(growing)]);
    }
  });

  it('lists chains with their hooks, and rules by their chain', () => {
    assert.deepEqual(nftables.chains(0), [
      { family: 1, table: 'mine', name: 'forward', hook: { number: 2, priority: -5, policy: 'accept' } }, { family: 1, table: 'mine', name: 'loose' },
    ]);
    assert.deepEqual(nftables.rules(table).map(({ chain }) => chain), ['forward']);
    assert.deepEqual(nftables.rules({ ...table, name: 'nobody' }), []);
    assert.throws(() => nftables.elements({ ...table, name: 'nobody' }, 'ports'), { code: 'ENOENT' });
  });
});
