import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseQuery, recordType, responseCode, writeAnswer } from './message.ts';
import { Names } from './names.ts';
import { resolveMessage } from './resolve.ts';

const query = (name: string, type = 1, id = 7): Buffer => Buffer.concat([
  Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
  ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
  Buffer.from([0, type >> 8, type & 255, 0, 1]),
]);

test('parseQuery() reads name, type and id', () => {
  const read = parseQuery(query('Web.Example', recordType.aaaa, 0x1234))!;
  assert.deepEqual([read.id, read.name, read.type, read.class, read.recursionDesired, read.udpSize], [0x1234, 'web.example', 28, 1, true, 512]);
});

test('parseQuery() refuses answers, other operations, several questions, pointers and cut messages', () => {
  const good = query('a.b');
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(good);
    copy[at] = value;
    return copy;
  };
  for (const bad of [changed(2, 0x81), changed(2, 0x29), changed(5, 2), changed(12, 0xc0), good.subarray(0, 14), Buffer.alloc(3)]) assert.equal(parseQuery(bad), undefined);
});

test('parseQuery() never throws, whatever the bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
    parseQuery(Buffer.from(bytes));
  }));
});

test('writeAnswer() repeats the question and holds the records', () => {
  const asked = parseQuery(query('db'))!;
  const reply = writeAnswer(asked, responseCode.noError, [{ type: 'address', address: Buffer.from([10, 0, 0, 1]) }]);
  assert.equal(reply.readUInt16BE(0), 7);
  assert.equal(reply.readUInt16BE(2) & 0x8180, 0x8180);
  assert.equal(reply.readUInt16BE(6), 1);
  assert.deepEqual([...reply.subarray(-4)], [10, 0, 0, 1]);
});

/** With an OPT record: size, extended code, version, flags, no data. */
const extended = (message: Buffer, version = 0): Buffer => {
  const copy = Buffer.concat([message, Buffer.from([0, 0, 41, 0x10, 0, 0, version, 0x80, 0, 0, 0])]);
  copy.writeUInt16BE(1, 10);
  return copy;
};

test('writeAnswer() answers an OPT record with one of its own, and counts it (RFC 6891)', () => {
  const asked = parseQuery(extended(query('db')))!;
  assert.equal(asked.udpSize, 4096);
  const reply = writeAnswer(asked, responseCode.noError, [{ type: 'address', address: Buffer.from([10, 0, 0, 1]) }]);
  assert.equal(reply.readUInt16BE(10), 1);
  assert.equal(reply.subarray(-11).toString('hex'), '00002904d0000080000000');
  const many = Array.from({ length: 100 }, (_, last) => ({ type: 'address' as const, address: Buffer.from([10, 0, 0, last]) }));
  assert.ok(writeAnswer(asked, responseCode.noError, many, 512).length <= 512);
  const plain = writeAnswer(parseQuery(query('db'))!, responseCode.noError);
  assert.equal(plain.readUInt16BE(10), 0);
});

test('resolveMessage() refuses an OPT record of a version to come with BADVERS', async () => {
  const reply = (await resolveMessage(extended(query('db'), 1), { names: new Names(), view: { networks: [], upstreams: [] }, transport: 'udp' }))!;
  assert.equal(reply.readUInt16BE(2) & 0xf, 0);
  assert.equal(reply.at(-6), 1, 'the upper bits of 16');
  assert.equal(reply.at(-5), 0, 'our version');
});

test('writeAnswer() marks as truncated what does not fit', () => {
  const asked = parseQuery(query('db'))!;
  const answers = Array.from({ length: 100 }, (_, last) => ({ type: 'address' as const, address: Buffer.from([10, 0, 0, last]) }));
  const reply = writeAnswer(asked, responseCode.noError, answers, 512);
  assert.ok(reply.length <= 512);
  assert.equal(reply.readUInt16BE(2) & 0x0200, 0x0200);
  assert.ok(reply.readUInt16BE(6) < 100);
});
