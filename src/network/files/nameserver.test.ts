import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameserverComplaint } from './nameserver.ts';

test('nameserverComplaint() has nothing against addresses of both families, with and without a zone', () => {
  for (const address of ['1.1.1.1', '::1', 'fe80::1%eth0', '::ffff:1.2.3.4', '0.0.0.0']) assert.equal(nameserverComplaint(address), undefined, address);
});

for (const [text, complaint] of [
  ['x', 'ParseAddr("x"): unable to parse IP'],
  ['', 'ParseAddr(""): unable to parse IP'],
  ['1.2.3', 'ParseAddr("1.2.3"): IPv4 address too short'],
  ['1.2.3.4.5', 'ParseAddr("1.2.3.4.5"): IPv4 address too long'],
  ['256.1.1.1', 'ParseAddr("256.1.1.1"): IPv4 field has value >255'],
  ['01.1.1.1', 'ParseAddr("01.1.1.1"): IPv4 field has octet with leading zero'],
  ['1.1.1.1#53', 'ParseAddr("1.1.1.1#53"): unexpected character (at "#53")'],
  ['8.8.8.8 ', 'ParseAddr("8.8.8.8 "): unexpected character (at " ")'],
  ['1.a.1.1', 'ParseAddr("1.a.1.1"): unexpected character (at "a.1.1")'],
] as const) {
  test(`nameserverComplaint() says of ${JSON.stringify(text)} what Go does`, () => assert.equal(nameserverComplaint(text), complaint));
}
