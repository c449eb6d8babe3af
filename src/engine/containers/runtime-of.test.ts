import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runtimeOf } from './runtime-of.ts';

const runtimes = { here: { path: process.execPath, args: ['--x'] }, gone: { path: '/nope/vm' }, file: { path: '/etc/passwd' }, unfound: { path: 'no-such-runtime' } };

test('runtimeOf() gives the runtime of a name', () => assert.deepEqual(runtimeOf({ runtimes }, 'here'), { path: process.execPath, args: ['--x'] }));

for (const [name, message] of [
  ['unknown', 'unknown or invalid runtime name: unknown'],
  ['constructor', 'unknown or invalid runtime name: constructor'],
  ['gone', 'error while looking up the specified runtime path: exec: "/nope/vm": stat /nope/vm: no such file or directory'],
  ['file', 'error while looking up the specified runtime path: exec: "/etc/passwd": permission denied'],
  ['unfound', 'error while looking up the specified runtime path: exec: "no-such-runtime": executable file not found in $PATH'],
] as const) {
  test(`runtimeOf() refuses ${name} in Docker's words`, () => assert.throws(() => runtimeOf({ runtimes }, name), { kind: 'invalid', message }));
}
