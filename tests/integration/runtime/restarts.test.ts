import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { collect, isAlive, Room } from './room.ts';

/** Since Linux 6.15 whoever holds a pidfd learns the exit code; before, the parent alone. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const kernelTells = major > 6 || (major === 6 && minor >= 15);

const daemonProcess = fileURLToPath(new URL('./daemon-process.ts', import.meta.url));

/** Waits in the container until the file `/tmp/go` of the host side appears. */
const waitForGo = 'while [ ! -e /tmp/go ]; do sleep 0.02; done';

describe('when the daemon is killed', () => {
  test('its containers run on, and the next daemon knows their pid, their output and their exit', async () => {
    await using room = new Room('crun');
    await room.runtime.close();
    const request = room.request('c', ['sh', '-c', `${waitForGo}; echo done; exit 9`]);
    const daemon = spawn(process.execPath, [daemonProcess, room.run, JSON.stringify(request)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = Number(String((await once(daemon.stdout, 'data'))[0]));
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');

    room.runtime = room.connect();
    const [entry] = await room.runtime.list();
    assert.deepEqual([entry?.id, entry?.pid, entry?.exit], ['c', pid, undefined]);
    const { stream, tty } = await room.runtime.attach({ id: 'c' }, { stdin: false, stdout: true, stderr: true });
    assert.equal(tty, false);
    const output = collect(stream, false);
    writeFileSync(join(room.rootfs, 'tmp/go'), '');
    assert.equal((await room.exit('c')).exitCode, 9);
    assert.equal((await output).stdout, 'done\n');
  });

  test('an exit that nobody heard of is told to the next daemon, until it is released', async () => {
    await using room = new Room('crun');
    await room.runtime.start(room.request('c', ['sh', '-c', `${waitForGo}; exit 3`]));
    await room.runtime.start(room.request('holder', ['sleep', '1000']));
    await room.runtime.close();
    writeFileSync(join(room.rootfs, 'tmp/go'), '');
    const record = join(room.run, 'containers/c/exit.json');
    while (!existsSync(record)) await new Promise(setImmediate);
    for (let daemon = 0; daemon < 2; daemon++) {
      room.exits.clear();
      room.runtime = room.connect();
      assert.equal((await room.exit('c')).exitCode, 3);
      if (daemon === 0) await room.runtime.close();
    }
    await room.runtime.release({ id: 'c' });
    await room.runtime.close();
    room.runtime = room.connect();
    assert.deepEqual((await room.runtime.list()).map(({ id }) => id), ['holder']);
  });

  test('an exit is known after the monitor itself has ended', async () => {
    await using room = new Room('crun');
    await room.runtime.start(room.request('c', ['sh', '-c', `${waitForGo}; exit 6`]));
    const monitor = room.monitorPid();
    await room.runtime.close();
    writeFileSync(join(room.rootfs, 'tmp/go'), '');
    while (isAlive(monitor)) await new Promise(setImmediate);
    room.exits.clear();
    room.runtime = room.connect();
    assert.equal((await room.exit('c')).exitCode, 6);
    assert.notEqual(room.monitorPid(), monitor);
  });
});

describe('when the monitor is killed', () => {
  test(`a container runs on, its log goes on, and its end is seen, ${kernelTells ? 'with' : 'without'} the code`, async () => {
    await using room = new Room('crun');
    const { pid } = await room.runtime.start(room.request('c', ['sh', '-c', `${waitForGo}; echo later; exit 9`]));
    const monitor = room.monitorPid();
    process.kill(monitor, 'SIGKILL');
    while (isAlive(monitor)) await new Promise(setImmediate);
    const entries = await untilAnswered(() => room.runtime.list());
    assert.deepEqual(entries.map(({ id, pid: known, exit }) => [id, known, exit]), [['c', pid, undefined]]);
    assert.notEqual(room.monitorPid(), monitor);
    writeFileSync(join(room.rootfs, 'tmp/go'), '');
    assert.equal((await room.exit('c')).exitCode, kernelTells ? 9 : 137);
    assert.match(readFileSync(room.logPath('c'), 'utf8'), /"log":"later\\n"/);
  });

  test('a container is killed and forgotten by whoever asks at that very moment', async () => {
    await using room = new Room('crun');
    for (const moment of ['before the loss is noticed', 'after it']) {
      const { pid } = await room.runtime.start(room.request('c', ['sleep', '1000']));
      const monitor = room.monitorPid();
      process.kill(monitor, 'SIGKILL');
      if (moment === 'after it') while (isAlive(monitor)) await new Promise(setImmediate);
      await room.runtime.signal({ id: 'c' }, 9);
      assert.equal((await room.exit('c')).exitCode, 137);
      await room.runtime.release({ id: 'c' });
      assert.ok(!isAlive(pid));
      room.exits.clear();
    }
  });

  test('stdin that outlives its attachments stays open, and takes what comes by the next monitor', async () => {
    await using room = new Room('crun');
    await room.runtime.start(room.request('c', ['cat'], { openStdin: true, stdinOnce: false }));
    await room.runtime.close();
    room.runtime = room.connect();
    await room.runtime.list(); // a daemon that was started again holds it too
    const monitor = room.monitorPid();
    process.kill(monitor, 'SIGKILL');
    while (isAlive(monitor)) await new Promise(setImmediate);
    await untilAnswered(() => room.runtime.list());
    const { stream } = await room.runtime.attach({ id: 'c' }, { stdin: true, stdout: true, stderr: true });
    const [echo] = await Promise.all([once(stream, 'data'), stream.write('still here\n')]) as [[Buffer], boolean];
    assert.equal(echo[0].subarray(8).toString(), 'still here\n');
    assert.equal(room.exits.has('c'), false);
  });

  test('stdin that was closed does not come back with the next monitor', async () => {
    await using room = new Room('crun');
    await room.runtime.start(room.request('c', ['sh', '-c', `cat; ${waitForGo}; cat; exit 5`], { openStdin: true, stdinOnce: false }));
    await room.runtime.closeStdin({ id: 'c' });
    const monitor = room.monitorPid();
    process.kill(monitor, 'SIGKILL');
    while (isAlive(monitor)) await new Promise(setImmediate);
    await untilAnswered(() => room.runtime.list());
    writeFileSync(join(room.rootfs, 'tmp/go'), '');
    assert.equal((await room.exit('c')).exitCode, kernelTells ? 5 : 137);
  });

  test(`a container that ended meanwhile is reported, ${kernelTells ? 'with' : 'without'} the code`, async () => {
    await using room = new Room('crun');
    const { pid } = await room.runtime.start(room.request('c', ['sh', '-c', `${waitForGo}; exit 6`]));
    const monitor = room.monitorPid();
    process.kill(monitor, 'SIGSTOP');
    writeFileSync(join(room.rootfs, 'tmp/go'), '');
    while (isAlive(pid)) await new Promise(setImmediate);
    process.kill(monitor, 'SIGKILL');
    assert.equal((await room.exit('c')).exitCode, kernelTells ? 6 : 137);
    assert.ok((await untilAnswered(() => room.runtime.list()))[0]?.exit);
  });
});

/** The client notices the loss when the socket closes: a call that was on its way then fails, the next one reconnects. */
async function untilAnswered<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if ((error as { kind?: string }).kind !== 'unavailable') throw error;
    }
  }
}
