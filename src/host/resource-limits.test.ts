import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { limitOpenFiles } from './resource-limits.ts';

test('limitOpenFiles() limits another process, and tells when there is none', async () => {
  const child = spawn('sleep', ['1000']);
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  try {
    limitOpenFiles(child.pid!, { soft: 7, hard: 9 });
    assert.match(readFileSync(`/proc/${child.pid}/limits`, 'utf8'), /^Max open files\s+7\s+9\s/m);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  assert.throws(() => limitOpenFiles(child.pid!, { soft: 7, hard: 9 }), { code: 'ESRCH' });
});
