import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Reaped } from '../../host/processes.ts';
import { Reaper } from './reaper.ts';

/** A reaper that finds what `ends` is told of. */
function room(): { reaper: Reaper; ends: (...reaped: Reaped[]) => void } {
  let found: Reaped[] = [];
  const reaper = new Reaper(() => found);
  return { reaper, ends: (...reaped) => { found = reaped; reaper.reap(); found = []; } };
}

/** No process has it: https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html, pid_max */
const gone = 2 ** 22;

test('an exit that comes before anybody knows the pid is kept while a start is in flight, and told once', async () => {
  const { reaper, ends } = room();
  const exitCode = await reaper.expecting(async () => {
    ends({ pid: gone, exitCode: 7 });
    return await reaper.exitOf(gone);
  });
  assert.equal(exitCode, 7);
});

test('a kept exit is not taken for that of a child that has the same pid by now', async () => {
  const { reaper, ends } = room();
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  const exit = await reaper.expecting(async () => {
    ends({ pid: child.pid!, exitCode: 9 });
    const known = reaper.exitOf(child.pid!);
    await new Promise(setImmediate);
    ends({ pid: child.pid!, exitCode: 0 });
    return await known;
  });
  child.stdin.end();
  await once(child, 'exit');
  assert.equal(exit, 0);
});
