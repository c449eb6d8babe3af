import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingOptionals, type Lock } from './complete.ts';

test('missingOptionals() names a platform part that the lock does not hold', () => {
  const lock: Lock = { packages: { 'node_modules/tool': { dev: true, optionalDependencies: { '@tool/binding-linux-arm-musleabihf': '1.2.3' } } } };
  assert.deepEqual(missingOptionals(lock), {
    'node_modules/@tool/binding-linux-arm-musleabihf': { version: '1.2.3', cpu: ['arm'], os: ['linux'], dev: true, optional: true },
  });
});

test('missingOptionals() is content with one that is held, beside or above', () => {
  const optionalDependencies = { '@tool/win32-x64': '1.0.0' };
  const held = (place: string): Lock => ({ packages: { 'node_modules/tool': { optionalDependencies }, [place]: {} } });
  assert.deepEqual(missingOptionals(held('node_modules/@tool/win32-x64')), {});
  assert.deepEqual(missingOptionals(held('node_modules/tool/node_modules/@tool/win32-x64')), {});
});

test('missingOptionals() leaves an optional dependency without a platform to npm', () => {
  assert.deepEqual(missingOptionals({ packages: { 'node_modules/a': { optionalDependencies: { 'cpu-features': '1.0.0' } } } }), {});
});

test("the repository's lock is complete: else `npm ci` fails (node tools/complete-lock.ts mends it)", () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as Lock;
  assert.deepEqual(missingOptionals(lock), {});
});
