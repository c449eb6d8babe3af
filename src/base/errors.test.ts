import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { GantryError, isShortage, messageOf } from './errors.ts';

const failed = (message: string, code: string): Error => Object.assign(new Error(message), { code });

const told: [unknown, string, boolean][] = [
  [failed("ENOSPC: no space left on device, mkdir '/a b/c'", 'ENOSPC'), 'mkdir /a b/c: no space left on device', true],
  [failed('ENOSPC: no space left on device, write', 'ENOSPC'), 'write: no space left on device', true],
  [failed("EROFS: read-only file system, rename '/a' -> '/b'", 'EROFS'), 'rename /a -> /b: read-only file system', true],
  [failed('mkdirat x: EMFILE', 'EMFILE'), 'mkdirat x: too many open files', true],
  [new GantryError('exhausted', 'no space left on device while writing content', { cause: failed('ENOSPC: …', 'ENOSPC') }), 'no space left on device while writing content', false],
  [failed('openat2 x: ENOENT', 'ENOENT'), 'openat2 x: ENOENT', false],
  ['words', 'words', false],
];
for (const [value, message, shortage] of told) {
  test(`messageOf() tells ${String(value)} as ${message}`, () => assert.deepEqual([messageOf(value), isShortage(value)], [message, shortage]));
}

test('messageOf() leaves the other errors of the host as Node tells them', () => {
  assert.throws(() => mkdirSync('/proc/nothing/here'), (error) => messageOf(error) === (error as Error).message);
});
