import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { release } from 'node:os';
import { test } from 'node:test';
import { exitCodeOfPidfd, openPidfd } from './pidfd.ts';

const [major = 0, minor = 0] = release().split('.').map(Number);
const tells = major > 6 || (major === 6 && minor >= 15);

for (const [script, exitCode] of [['exit 9', 9], ['kill -KILL $$', 137], ['kill -TERM $$', 143]] as const) {
  test(`exitCodeOfPidfd() ${tells ? `is ${exitCode}` : 'is not known to this kernel'} after \`${script}\``, async () => {
    const child = spawn('sh', ['-c', `read go; ${script}`], { stdio: ['pipe', 'ignore', 'ignore'] });
    const pidfd = openPidfd(child.pid!)!;
    assert.equal(exitCodeOfPidfd(pidfd), undefined, 'while it runs');
    child.stdin!.end('\n');
    await once(child, 'exit');
    assert.equal(exitCodeOfPidfd(pidfd), tells ? exitCode : undefined);
    closeSync(pidfd);
  });
}

test('openPidfd() gives nothing for a process that is not there', async () => {
  const child = spawn('true');
  const pid = child.pid!;
  await once(child, 'exit');
  assert.equal(openPidfd(pid), undefined);
});
