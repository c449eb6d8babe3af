import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordType } from './message.ts';
import { addressBytes, Names, type NamedEndpoint, type View } from './names.ts';

const view: View = { networks: [{ id: 'n1', name: 'app' }, { id: 'n2', name: 'back' }] };
const endpoint = (over: Partial<NamedEndpoint>): NamedEndpoint => ({ network: 'n1', endpoint: 'e1', name: 'web', names: ['web', 'abcdef012345'], addresses: ['172.18.0.2', 'fd00::2'], ...over });

function addresses(names: Names, name: string, type: number, from: View = view): string[] | undefined {
  const found = names.lookup(from, name, type);
  return found.known ? found.answers.map((answer) => (answer.type === 'address' ? [...answer.address].join('.') : answer.name)) : undefined;
}

test('lookup() finds a name, a short id, and name.network, whatever the case it was given in', () => {
  const names = new Names();
  names.put(endpoint({ names: ['Web', 'abcdef012345'] }));
  for (const name of ['web', 'abcdef012345', 'web.app']) assert.deepEqual(addresses(names, name, recordType.a), ['172.18.0.2'], name);
  assert.deepEqual(addresses(names, 'web', recordType.aaaa), [[...addressBytes('fd00::2')].join('.')]);
});

test('lookup() knows a name without a record of the type, and does not know other names', () => {
  const names = new Names();
  names.put(endpoint({ addresses: ['172.18.0.2'] }));
  assert.deepEqual(addresses(names, 'web', recordType.aaaa), []);
  assert.deepEqual(addresses(names, 'web', 15), []);
  assert.equal(addresses(names, 'other', recordType.a), undefined);
  assert.equal(addresses(names, 'web.back', recordType.a), undefined);
});

test('lookup() gives addresses of both families to who asks for anything', () => {
  const names = new Names();
  names.put({ network: 'n', endpoint: 'e', name: 'both', names: ['both'], addresses: ['10.0.0.1', 'fd00::1'] });
  const found = names.lookup({ networks: [{ id: 'n', name: 'net' }] }, 'both', 255);
  assert.equal(found.known && found.answers.length, 2);
});

test('lookup() shows a container only the networks it is on', () => {
  const names = new Names();
  names.put(endpoint({ network: 'n2' }));
  assert.equal(addresses(names, 'web', recordType.a, { networks: [{ id: 'n1', name: 'app' }] }), undefined);
  assert.deepEqual(addresses(names, 'web', recordType.a), ['172.18.0.2']);
});

test('lookup() gives all addresses of a shared alias, another one first each time', () => {
  const names = new Names();
  for (const last of [2, 3, 4]) names.put(endpoint({ endpoint: `e${last}`, names: ['db'], addresses: [`172.18.0.${last}`] }));
  const firsts = new Set(Array.from({ length: 3 }, () => addresses(names, 'db', recordType.a)![0]));
  assert.equal(firsts.size, 3);
  assert.equal(addresses(names, 'db', recordType.a)!.length, 3);
});

test('lookup() answers reverse names of both families', () => {
  const names = new Names();
  names.put(endpoint({}));
  assert.deepEqual(addresses(names, '2.0.18.172.in-addr.arpa', recordType.ptr), ['web.app']);
  assert.deepEqual(addresses(names, `2.${'0.'.repeat(29)}d.f.ip6.arpa`, recordType.ptr), ['web.app']);
  assert.equal(addresses(names, '9.0.18.172.in-addr.arpa', recordType.ptr), undefined);
});

test('drop() takes exactly the endpoint\'s own names away, and put() replaces', () => {
  const names = new Names();
  names.put(endpoint({}));
  names.put(endpoint({ endpoint: 'e2', names: ['web'], addresses: ['172.18.0.3'] }));
  names.put(endpoint({ names: ['renamed'] }));
  assert.deepEqual(addresses(names, 'web', recordType.a), ['172.18.0.3']);
  names.drop('n1', 'e2');
  assert.equal(addresses(names, 'web', recordType.a), undefined);
  assert.deepEqual(addresses(names, 'renamed', recordType.a), ['172.18.0.2']);
  names.drop('n1', 'e2');
});

test('addressBytes() reads short and mixed forms', () => {
  assert.equal(addressBytes('::1').toString('hex'), `${'0'.repeat(31)}1`);
  assert.equal(addressBytes('fd00:1::2:3').toString('hex'), 'fd000001000000000000000000020003');
  assert.equal(addressBytes('::ffff:1.2.3.4').toString('hex'), '00000000000000000000ffff01020304');
});

test('lookup() follows a link for the container that has it, and for no other', () => {
  const names = new Names();
  names.put(endpoint({}));
  const linked: View = { networks: [{ id: 'n1', name: 'app', links: { store: 'web' } }] };
  assert.deepEqual(addresses(names, 'store', recordType.a, linked), ['172.18.0.2']);
  assert.deepEqual(addresses(names, 'web', recordType.a, linked), ['172.18.0.2']);
  assert.equal(addresses(names, 'constructor', recordType.a, linked), undefined);
  assert.equal(addresses(names, 'store', recordType.a), undefined);
});
