import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAttributes, readText, splitMessages } from './attributes.ts';
import { addAddress, addBridge, addRoute, addVeth, deleteLink, setLink, type NetlinkRequest } from './requests.ts';

function parsed({ bytes }: NetlinkRequest, fixedLength: number) {
  const [message] = splitMessages(bytes);
  assert.ok(message);
  return { message, fixed: message.body.subarray(0, fixedLength), attributes: readAttributes(message.body.subarray(fixedLength)) };
}

test('addBridge() is RTM_NEWLINK, create and exclusive, of kind bridge', () => {
  const { message, attributes } = parsed(addBridge('br0', { mtu: 1400, group: 7 }), 16);
  assert.equal(message.type, 16);
  assert.equal(message.flags, 0x1 | 0x4 | 0x400 | 0x200);
  assert.equal(readText(attributes.get(3)), 'br0');
  assert.equal(attributes.get(4)?.readUInt32LE(), 1400);
  assert.equal(attributes.get(27)?.readUInt32LE(), 7);
  assert.equal(readText(readAttributes(attributes.get(18)!).get(1)), 'bridge');
});

test('addVeth() describes the peer inside: name, address, namespace', () => {
  const { attributes } = parsed(addVeth({ name: 'v0' }, { name: 'eth0', netnsFd: 9, macAddress: '02:42:ac:11:00:02' }), 16);
  const data = readAttributes(readAttributes(attributes.get(18)!).get(2)!);
  const peer = readAttributes(data.get(1)!.subarray(16));
  assert.equal(readText(peer.get(3)), 'eth0');
  assert.equal(peer.get(28)?.readUInt32LE(), 9);
  assert.equal(peer.get(1)?.toString('hex'), '0242ac110002');
});

test('setLink() changes the up flag only when told', () => {
  assert.equal(parsed(setLink(3, { mtu: 1400 }), 16).fixed.readUInt32LE(12), 0);
  const up = parsed(setLink(3, { up: true }), 16).fixed;
  assert.deepEqual([up.readInt32LE(4), up.readUInt32LE(8), up.readUInt32LE(12)], [3, 1, 1]);
});

test('deleteLink() names a link by its name when it has no index', () => {
  const { message, fixed, attributes } = parsed(deleteLink('v0'), 16);
  assert.equal(message.type, 17);
  assert.equal(fixed.readInt32LE(4), 0);
  assert.equal(readText(attributes.get(3)), 'v0');
});

test('addAddress() gives IPv4 its broadcast address and IPv6 no detection of duplicates', () => {
  const four = parsed(addAddress(5, '172.17.0.2/16'), 8);
  assert.deepEqual([...four.fixed], [2, 16, 0, 0, 5, 0, 0, 0]);
  assert.equal(four.attributes.get(4)?.join('.'), '172.17.255.255');
  const six = parsed(addAddress(5, 'fd00::2/64'), 8);
  assert.deepEqual([...six.fixed.subarray(0, 3)], [10, 64, 2]);
  assert.equal(six.attributes.has(4), false);
});

test('addRoute() without a destination is the default route', () => {
  const { fixed, attributes } = parsed(addRoute({ gateway: '172.17.0.1', linkIndex: 5 }), 12);
  assert.deepEqual([fixed[0], fixed[1], fixed[4]], [2, 0, 254]);
  assert.equal(attributes.get(5)?.join('.'), '172.17.0.1');
  assert.equal(attributes.has(1), false);
});

test('a bad MAC address is refused before anything is sent', () => {
  assert.throws(() => setLink(1, { macAddress: '02:42' }), /not a MAC address/);
});
