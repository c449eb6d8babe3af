import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFields } from '../../host/nftables/fields.ts';
import type { HostPort } from '../ports/reserve.ts';
import { isForeign } from './foreign-ports.ts';

const key = (...values: (string | number)[]): string => {
  const address = values.length === 2 ? [] : [String(values[0]).includes(':') ? 'ipv6' as const : 'ipv4' as const];
  return encodeFields([...address, 'protocol', 'port'], values).toString('hex');
};
const foreign = new Map([
  ['published4any', new Set([key(6, 8080)])], ['published4', new Set([key('127.0.0.1', 6, 9090)])],
  ['published6any', new Set<string>()], ['published6', new Set([key('::1', 17, 53)])],
]);

const rows: [protocol: HostPort['protocol'], hostIp: string, hostPort: number, foreign: boolean][] = [
  ['tcp', '0.0.0.0', 8080, true], ['tcp', '127.0.0.1', 8080, true], ['udp', '0.0.0.0', 8080, false], ['tcp', '::', 8080, false],
  ['tcp', '127.0.0.1', 9090, true], ['tcp', '127.0.0.2', 9090, false], ['tcp', '0.0.0.0', 9090, true], ['tcp', '0.0.0.0', 9091, false],
  ['udp', '::1', 53, true], ['udp', '::', 53, true], ['udp', '::2', 53, false], ['tcp', '::1', 53, false],
];
for (const [protocol, hostIp, hostPort, expected] of rows) {
  test(`isForeign() knows that ${protocol} ${hostPort} at ${hostIp} ${expected ? 'leads' : 'does not lead'} to another engine's container`, () => {
    assert.equal(isForeign(foreign, { protocol, hostIp, hostPort }), expected);
  });
}
