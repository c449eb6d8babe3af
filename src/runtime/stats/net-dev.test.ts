import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetDev } from './net-dev.ts';

const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0
  eth0:    1076      12    1    2    0     0          0         7      866      11    3    4    0     0       0          0
eth1:99999999999 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0
`;

test('parseNetDev() reads every interface but the loopback, also where a wide number touches the colon', () => {
  const counters = parseNetDev(text);
  assert.deepEqual(Object.keys(counters), ['eth0', 'eth1']);
  assert.deepEqual(counters['eth0'], {
    receivedBytes: 1076, receivedPackets: 12, receiveErrors: 1, receiveDropped: 2, sentBytes: 866, sentPackets: 11, sendErrors: 3, sendDropped: 4,
  });
  assert.equal(counters['eth1']?.receivedBytes, 99_999_999_999);
});

test('parseNetDev() finds nothing in an empty text', () => {
  assert.deepEqual(parseNetDev(''), {});
});
