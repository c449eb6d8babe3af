import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseReference } from '../../oci/reference.ts';
import { referencePattern } from './reference-pattern.ts';

describe('referencePattern()', () => {
  const names = ['busybox:latest', 'team/app:1', 'team/app:2', 'localhost:5000/team/tool:v1.2'];
  const cases: [pattern: string, found: number[]][] = [
    ['busybox', [0]], ['busybox:latest', [0]], ['busy*', [0]], ['*', [0]], ['*:*', [0]], ['team/*', [1, 2]], ['team/app:[12]', [1, 2]], ['team/app:[^1]', [2]],
    ['team/app:[!1]', [1]], ['team/app:?', [1, 2]], ['t\\eam/app', [1, 2]], ['localhost:5000/*/*', [3]], ['*/team/tool:v1.?', [3]], ['*/team/tool:v1+2', []], ['team/[a-c]pp:[0-1]', [1]],
    ['team/[z-a]pp', []], ['team/[\\a]pp:1', [1]], ['docker.io/library/busybox', []], ['', []], ['team/{app}', []], ['**', [0]],
  ];
  for (const [pattern, found] of cases) {
    it(`finds ${found.length} names by ${JSON.stringify(pattern)}`, () => {
      const matches = referencePattern(pattern);
      assert.deepEqual(names.flatMap((name, index) => (matches(parseReference(name)) ? [index] : [])), found);
    });
  }
  for (const pattern of ['[', 'a[', '[]', '[a', '[a-]', '[-a]', 'a\\', '[^]']) {
    it(`refuses ${JSON.stringify(pattern)}`, () => assert.throws(() => referencePattern(pattern), { kind: 'invalid', message: 'syntax error in pattern' }));
  }
});
