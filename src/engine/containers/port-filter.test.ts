import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portFilter } from './port-filter.ts';

const ports = ['80/tcp', '8080/tcp', '53/udp'];
for (const [text, expected] of [
  ['80', true], ['80/tcp', true], ['80/udp', false], ['8000-9000', true], ['53/udp', true], ['53', false], ['81-99', false], ['80/foo', false], ['80/', true], ['80/TCP', false],
] as const) {
  test(`portFilter() is ${expected} for ${text}`, () => assert.equal(portFilter('expose', text)(ports), expected));
}

for (const [text, why] of [
  ['http', 'error while looking up for publish http: strconv.ParseUint: parsing "http": invalid syntax'],
  ['99999', 'error while looking up for publish 99999: strconv.ParseUint: parsing "99999": value out of range'],
  ['80-', 'error while looking up for publish 80-: strconv.ParseUint: parsing "": invalid syntax'],
  ['90-80', 'error while looking up for publish 90-80: Invalid range specified for the Port: 90-80'],
  ['/tcp', 'error while looking up for publish /tcp: Empty string specified for ports.'],
  ['80:80', "filter for 'publish' should not contain ':': 80:80"],
] as const) {
  test(`portFilter() refuses ${text}`, () => assert.throws(() => portFilter('publish', text), { kind: 'invalid', message: why }));
}
