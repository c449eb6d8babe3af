import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { complete, type Lock } from './complete.ts';

test('complete() adds a platform part that the lock does not hold', () => {
  const lock: Lock = { packages: { 'node_modules/tool': { dev: true, optionalDependencies: { '@tool/binding-linux-arm-musleabihf': '1.2.3' } } } };
  assert.deepEqual(complete(lock).packages, {
    'node_modules/@tool/binding-linux-arm-musleabihf': { version: '1.2.3', cpu: ['arm'], os: ['linux'], dev: true, optional: true },
    ...lock.packages,
  });
});

test('complete() is content with one that is held, beside or above', () => {
  const optionalDependencies = { '@tool/win32-x64': '1.0.0' };
  for (const place of ['node_modules/@tool/win32-x64', 'node_modules/tool/node_modules/@tool/win32-x64']) {
    const lock: Lock = { packages: { 'node_modules/tool': { optionalDependencies }, [place]: {} } };
    assert.deepEqual(complete(lock), lock);
  }
});

test('complete() leaves an optional dependency without a platform to npm', () => {
  const lock: Lock = { packages: { 'node_modules/a': { optionalDependencies: { 'cpu-features': '1.0.0' } } } };
  assert.deepEqual(complete(lock), lock);
});

test('complete() lets an older Node.js install the parts that the pinned one runs, and asks no less of what npm runs itself', () => {
  const engines = { node: '>=22' };
  const lock: Lock = { packages: { 'node_modules/@tool/linux-x64': { version: '1.0.0', os: ['linux'], optional: true, engines }, 'node_modules/tool': { version: '1.0.0', engines } } };
  assert.deepEqual(complete(lock).packages, { 'node_modules/@tool/linux-x64': { version: '1.0.0', os: ['linux'], optional: true }, 'node_modules/tool': { version: '1.0.0', engines } });
});

test("the repository's lock is complete: else `npm ci` fails, or leaves out the linter (node tools/complete-lock.ts mends it)", () => {
  const text = readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8');
  assert.equal(`${JSON.stringify(complete(JSON.parse(text) as Lock), undefined, 2)}\n`, text);
});
