import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { holdPrograms } from './exec-gate.ts';

/** A shell that may call programs of a mount of its own, which is its root; it says `ready` first, and `begun` from the program. */
async function shellWithOwnRoot(context: TestContext): Promise<ChildProcess | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'gt-gate-'));
  context.after(() => rmSync(directory, { recursive: true }));
  copyFileSync('/bin/busybox', join(directory, 'busybox'));
  const inside = 'echo ready; read line; exec /busybox echo begun';
  const child = spawn('unshare', ['--mount', 'sh', '-c', `mount --bind ${directory} ${directory} && cd ${directory} && exec chroot . /busybox sh -c '${inside}'`], { stdio: ['pipe', 'pipe', 'ignore'] });
  context.after(() => child.kill('SIGKILL'));
  const [said] = await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
  return String(said) === 'ready\n' ? child : undefined;
}

/** The kernel's name of the call that the process waits in, once it waits. */
async function waitsAtGate(pid: number): Promise<void> {
  while (!readFileSync(`/proc/${pid}/stack`, 'utf8').includes('fanotify')) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('holdPrograms() holds a program back until the gate is opened, also when that is said twice', async (context) => {
  const child = await shellWithOwnRoot(context);
  const open = child === undefined ? undefined : holdPrograms(child.pid!, 60_000);
  if (child === undefined || open === undefined) return context.skip('no mounts or no fanotify permissions for this user on this kernel');
  let said = '';
  child.stdout!.on('data', (chunk) => (said += String(chunk)));
  child.stdin!.write('\n');
  await waitsAtGate(child.pid!);
  assert.equal(said, '');
  open();
  open();
  await once(child, 'close');
  assert.equal(said, 'begun\n');
});

test('a gate that nobody opens opens itself', async (context) => {
  const child = await shellWithOwnRoot(context);
  if (child === undefined || holdPrograms(child.pid!) === undefined) return context.skip('no mounts or no fanotify permissions for this user on this kernel');
  child.stdin!.write('\n');
  const [said] = await once(child.stdout!, 'data');
  assert.equal(String(said), 'begun\n');
});

test('there is no gate for a process that is gone', () => assert.equal(holdPrograms(2 ** 22 - 1), undefined));
