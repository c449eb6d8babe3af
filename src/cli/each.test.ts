import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from './context.ts';
import { each, segment } from './each.ts';
import { ExitError } from './errors.ts';

test('each() begins with many at once where told to, and prints in the order of the names', async () => {
  const printed: string[] = [];
  const gates = new Map(['a', 'b', 'c'].map((name) => [name, Promise.withResolvers<void>()]));
  const begun: string[] = [];
  const all = each({ print: (line: string) => { printed.push(line); } } as Context, ['a', 'b', 'c', 'b'], async (name) => {
    begun.push(name);
    await gates.get(name)?.promise;
    if (name === 'b') throw new Error('b is stuck');
    return name;
  }, { together: true });
  assert.deepEqual(begun, ['a', 'b', 'c']);
  for (const name of ['c', 'b', 'a']) gates.get(name)?.resolve();
  await assert.rejects(all, (error) => error instanceof ExitError && error.status === 1 && error.message === 'b is stuck\nb is stuck');
  assert.deepEqual(printed, ['a', 'c']);
});

test('each() does one after the other otherwise', async () => {
  const begun: string[] = [];
  await each({ print: () => undefined } as unknown as Context, ['a', 'b'], async (name) => {
    assert.equal(begun.length, name === 'a' ? 0 : 1);
    await Promise.resolve();
    begun.push(name);
  });
});

test('segment() refuses a name that is empty', () => {
  assert.throws(() => segment(' '), { message: 'invalid container name or ID: value is empty' });
  assert.throws(() => segment('', 'volume'), { message: 'invalid volume name or ID: value is empty' });
});
