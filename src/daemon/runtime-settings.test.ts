import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runtimeOfFlag, runtimesOf } from './runtime-settings.ts';

describe('runtimesOf()', () => {
  test('reads a path, and Docker\'s object with arguments', () => {
    assert.deepEqual(runtimesOf({ a: '/a', b: { path: 'b' }, c: { path: '/c', runtimeArgs: ['--debug'] }, d: { path: '/d', runtimeArgs: [] } }), {
      a: { path: '/a' }, b: { path: 'b' }, c: { path: '/c', args: ['--debug'] }, d: { path: '/d' },
    });
  });

  for (const [what, runtimes, message] of [
    ['the name that Docker keeps', { runc: { path: '/x' } }, "runtime name 'runc' is reserved"],
    ['nothing to start', { a: {} }, 'runtime a: either a runtimeType or a path must be configured'],
    ['two ways to start it', { a: { path: '/x', runtimeType: 't' } }, 'runtime a: cannot configure both path and runtimeType for the same runtime'],
    ['a shim of containerd', { a: { runtimeType: 'io.containerd.runsc.v1' } }, 'runtime a: the runtimeType io.containerd.runsc.v1 is not supported by this engine: give the path of an OCI runtime'],
    ['options of a shim', { a: { path: '/x', options: {} } }, 'runtime a: options cannot be used with a path runtime'],
    ['arguments that are no list', { a: { path: '/x', runtimeArgs: '--debug' } }, 'runtime a: runtimeArgs must be a list of texts'],
    ['what nobody knows', { a: { path: '/x', colour: 1 } }, 'runtime a: there is nothing called colour'],
    ['no object', { a: 1 }, 'runtime a: expected a path, or an object with one'],
  ] as [string, Record<string, unknown>, string][]) {
    test(`refuses ${what}`, () => assert.throws(() => runtimesOf(runtimes), { kind: 'invalid', message }));
  }
});

test('runtimeOfFlag() reads name=path, and refuses the rest in Docker\'s words', () => {
  assert.deepEqual(runtimeOfFlag('a=/b=c'), ['a', { path: '/b=c' }]);
  for (const text of ['a', 'a=', '=/b']) assert.throws(() => runtimeOfFlag(text), { message: `invalid argument "${text}" for "--add-runtime" flag: invalid runtime argument: ${text}` });
});
