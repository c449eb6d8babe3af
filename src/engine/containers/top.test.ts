import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePs } from './top.ts';

test('parsePs() keeps the lines of the wanted pids, the command with its spaces as one', () => {
  const output = 'UID   PID  PPID CMD\nroot    7     1 sh -c  a b\nroot   70     1 other\n';
  assert.deepEqual(parsePs(output, new Set([7])), { titles: ['UID', 'PID', 'PPID', 'CMD'], processes: [['root', '7', '1', 'sh -c a b']] });
  assert.throws(() => parsePs('USER CMD\n', new Set()), { message: "Couldn't find PID field in ps output" });
});
