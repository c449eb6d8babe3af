import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execFailure, isExecFailure } from './exec-failure.ts';

const time = '"level":"error","time":"2026-01-02T03:04:05.678901Z"';
const cases: [title: string, said: string, expected: string | undefined][] = [
  ['a missing interpreter', `{"msg":"exec container process (missing dynamic library?) \`/s/no\`: No such file or directory",${time}}\n`, 'exec /s/no: no such file or directory\n'],
  ['an unknown format', `{"msg":"exec container process \`/s/a\\"b\`: Exec format error",${time}}\n`, 'exec /s/a"b: exec format error\n'],
  ['a missing interpreter, told over several lines', `{\n  "msg": "exec container process (missing dynamic library?) \`\\/s\\/no\`: No such file or directory",\n  "level": "error",\n  "time": "2026-01-02T03:04:05.678901Z"\n}\n`, 'exec /s/no: no such file or directory\n'],
  ['the same on a terminal', `\x1b[1;31m{\r\n  "msg": "exec container process \`\\/s\`: Exec format error",\r\n  "level": "error",\r\n  "time": "2026-01-02T03:04:05.678901Z"\r\n}\x1b[0m\r\n`, 'exec /s: exec format error\r\n'],
  ['a terminal', `\x1b[1;31m{"msg":"exec container process \`/s\`: Exec format error",${time}}\x1b[0m\r\n`, 'exec /s: exec format error\r\n'],
  ['an exec', 'exec: No such file or directory\n', 'exec /given: no such file or directory\n'],
  ['an exec of crun 1.28', 'exec `/given`: No such file or directory\n', 'exec /given: no such file or directory\n'],
  ['an exec on a terminal', '\x1b[1;31mexec: Exec format error\x1b[0m\r\n', 'exec /given: exec format error\r\n'],
  ['a program that logs in the same way', `{"msg":"hello",${time}}\n`, undefined],
  ['what only begins so', 'exec: No such file or directory\nmore\n', undefined],
  ['anything else', 'hi\n', undefined],
];
for (const [title, said, expected] of cases) {
  test(`execFailure() of ${title} is ${expected === undefined ? 'none' : 'what runc says'}`, () => {
    assert.equal(execFailure(Buffer.from(said), '/given')?.toString(), expected);
  });
}

test('isExecFailure() knows what runc says of a program that is given or was found, and nothing else', () => {
  const says = (text: string, program: string): boolean => isExecFailure(Buffer.from(text), program);
  assert.ok(says('exec /bin/x: exec format error\n', '/bin/x'));
  assert.ok(says('exec /bin/x: no such file or directory\r\n', 'x'));
  assert.ok(!says('exec /bin/x: exec format error\n', 'y'));
  assert.ok(!says('exec /bin/x: exec format error\nmore\n', 'x'));
  assert.ok(!says('exec /bin/x: permission denied\n', 'x'));
  assert.ok(!says('exec : exec format error\n', ''));
});
