import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runFirst } from './scheduling.ts';

/** The scheduling policy of a process: 0 is ordinary, 2 is round-robin. */
const policyOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38]);
};

test('runFirst() puts a process before ordinary ones, and not what it starts', async (context) => {
  const shell = spawn('/bin/sh', ['-c', 'read word; sleep 1000 & echo $!; read word'], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(() => shell.kill('SIGKILL'));
  if (!runFirst(shell.pid!)) return context.skip('this kernel or this user has no priorities to give');
  shell.stdin.write('begin\n');
  const [text] = await once(shell.stdout, 'data');
  const child = Number(String(text));
  context.after(() => process.kill(child, 'SIGKILL'));
  assert.deepEqual([policyOf(shell.pid!), policyOf(child)], [2, 0]);
});

test('runFirst() of a process that is gone is false', () => assert.equal(runFirst(2 ** 22 - 1), false));
