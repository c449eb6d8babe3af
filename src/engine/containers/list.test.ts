import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesPort } from './list.ts';
import { parsePs } from './top.ts';

const ports: [string, boolean][] = [['80', true], ['80/tcp', true], ['80/udp', false], ['8000-9000', true], ['53/udp', true], ['53', false], ['81-99', false]];
for (const [wanted, expected] of ports) {
  test(`matchesPort() is ${expected} for ${wanted}`, () => assert.equal(matchesPort(wanted, ['80/tcp', '8080/tcp', '53/udp']), expected));
}
test('matchesPort() refuses what is no port', () => assert.throws(() => matchesPort('http', []), { message: 'invalid port specification: "http"' }));

test('parsePs() keeps the lines of the wanted pids, the command with its spaces as one', () => {
  const output = 'UID   PID  PPID CMD\nroot    7     1 sh -c  a b\nroot   70     1 other\n';
  assert.deepEqual(parsePs(output, new Set([7])), { titles: ['UID', 'PID', 'PPID', 'CMD'], processes: [['root', '7', '1', 'sh -c a b']] });
  assert.throws(() => parsePs('USER CMD\n', new Set()), { message: "Couldn't find PID field in ps output" });
});
