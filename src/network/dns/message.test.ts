import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseQuery, recordType, responseCode, writeAnswer } from './message.ts';

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

test('writeAnswer() marks as truncated what does not fit', () => {
  const asked = parseQuery(query('db'))!;
  const answers = Array.from({ length: 100 }, (_, last) => ({ type: 'address' as const, address: Buffer.from([10, 0, 0, last]) }));
  const reply = writeAnswer(asked, responseCode.noError, answers, 512);
  assert.ok(reply.length <= 512);
  assert.equal(reply.readUInt16BE(2) & 0x0200, 0x0200);
  assert.ok(reply.readUInt16BE(6) < 100);
});
