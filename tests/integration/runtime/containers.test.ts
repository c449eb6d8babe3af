import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cgroupMounts } from '../../../src/host/cgroups.ts';
import { mountTable } from '../../../src/host/mount-info.ts';
import { mount, unmount } from '../../../src/host/mount.ts';
import { collect, isAlive, Room } from './room.ts';

for (const runtimeName of ['crun', 'runc']) {
  describe(`a container in ${runtimeName}`, () => {
    test('gives its exit code, and 128+n when signal n killed it', async () => {
      await using room = new Room(runtimeName);
      assert.equal((await room.runToEnd('code', ['sh', '-c', 'exit 7'])).exit.exitCode, 7);
      await room.runtime.start(room.request('killed', ['sleep', '1000']));
      await room.runtime.signal({ id: 'killed' }, 9);
      const exit = await room.exit('killed');
      assert.equal(exit.exitCode, 137);
      assert.equal(exit.oomKilled, false);
    });

    test('tells its exit also when what the runtime left cannot be removed', async (t) => {
      await using room = new Room(runtimeName);
      await room.runtime.start(room.request('c', ['sleep', '1000']));
      const inTheWay = join(room.run, 'runtime', runtimeName, 'c', 'mounted');
      mkdirSync(inTheWay);
      mount('tmpfs', inTheWay, { type: 'tmpfs' });
      t.after(() => unmount(inTheWay, { lazy: true }));
      await room.runtime.signal({ id: 'c' }, 9);
      assert.equal((await room.exit('c')).exitCode, 137);
      unmount(inTheWay);
    });

    test('keeps stdout and stderr apart, and can open /dev/stdout again', async () => {
      await using room = new Room(runtimeName);
      const { output } = await room.runToEnd('c', ['sh', '-c', 'echo out; echo err >&2; echo again >/dev/stdout']);
      assert.deepEqual([output.stdout, output.stderr], ['out\nagain\n', 'err\n']);
    });

    test('can open its streams again as another user', async () => {
      await using room = new Room(runtimeName);
      const process = { ...room.process(['sh', '-c', 'echo out >/dev/stdout; echo err >/dev/stderr; id -u']), user: { uid: 1000, gid: 1000, additionalGids: [] } };
      const { output } = await room.runToEnd('c', [], { spec: { process } });
      assert.deepEqual([output.stdout, output.stderr], ['out\n1000\n', 'err\n']);
    });

    test('sees the end of its stdin when the attachment ends its half', async () => {
      await using room = new Room(runtimeName);
      const input = 'x'.repeat(300_000);
      assert.equal((await room.runToEnd('c', ['wc', '-c'], { input })).output.stdout, '300000\n');
    });

    test('has written everything to log and attachment before its exit is reported', async () => {
      await using room = new Room(runtimeName);
      const request = room.request('c', ['sh', '-c', 'dd if=/dev/zero bs=1024 count=1024 2>/dev/null | tr "\\0" x; echo end']);
      const { stream } = await room.runtime.attach({ id: 'c' }, { stdin: false, stdout: true, stderr: true, tty: false });
      const output = collect(stream, false);
      await room.runtime.start(request);
      await room.exit('c');
      const logged = readFileSync(room.logPath('c'), 'utf8').trimEnd().split('\n').map((line) => (JSON.parse(line) as { log: string }).log).join('');
      assert.equal(logged.length, 1024 * 1024 + 4);
      assert.equal((await output).stdout, logged);
    });

    test('has a terminal whose size can change', async () => {
      await using room = new Room(runtimeName);
      const request = room.request('c', ['sh', '-c', 'stty size; trap "stty size; exit 3" WINCH; echo ready; while true; do sleep 0.05; done'], { tty: true, openStdin: true, consoleSize: [11, 22] });
      const { stream, tty } = await room.runtime.attach({ id: 'c' }, { stdin: true, stdout: true, stderr: true, tty: true });
      assert.ok(tty);
      let text = '';
      const seen = (async () => { for await (const chunk of stream) { text += String(chunk); if (text.includes('ready')) void room.runtime.resize({ id: 'c' }, { rows: 33, columns: 44 }).catch(() => undefined); } })();
      await room.runtime.start(request);
      assert.equal((await room.exit('c')).exitCode, 3);
      await seen;
      assert.equal(text, '11 22\r\nready\r\n33 44\r\n');
    });

    test('takes typed input through its terminal', async () => {
      await using room = new Room(runtimeName);
      const { stream } = await room.runtime.attach({ id: 'c' }, { stdin: true, stdout: true, stderr: true, tty: true });
      const output = collect(stream, true);
      await room.runtime.start(room.request('c', ['sh', '-c', 'stty -echo; read line; echo "got $line"'], { tty: true, openStdin: true }));
      stream.write('hello\n');
      await room.exit('c');
      assert.match((await output).stdout, /got hello\r\n$/);
    });

    test('is told that its command is not there, and nothing remains', async () => {
      await using room = new Room(runtimeName);
      const { stream } = await room.runtime.attach({ id: 'c' }, { stdin: false, stdout: true, stderr: true, tty: false });
      const ended = once(stream.resume(), 'end');
      await assert.rejects(room.runtime.start(room.request('c', ['no-such-command'])), { kind: 'invalid', message: /no-such-command.*not found in \$PATH/ });
      await ended;
      assert.deepEqual(await room.runtime.list(), []);
      assert.equal(existsSync(room.logPath('c')), false);
      assertNothingLeft(room, 'c');
    });

    test('leaves nothing behind once it is released', async () => {
      await using room = new Room(runtimeName);
      await room.runToEnd('c', ['true']);
      await room.runtime.release({ id: 'c' });
      assertNothingLeft(room, 'c');
      assert.deepEqual(await room.runtime.list(), []);
    });

    test('is known to be killed for want of memory', async () => {
      await using room = new Room(runtimeName);
      const { exit } = await room.runToEnd('c', ['sh', '-c', 'dd if=/dev/zero of=/dev/null bs=60M count=1'], { spec: { host: { memory: 16 * 1024 * 1024, memorySwap: 16 * 1024 * 1024 } } });
      assert.equal(exit.oomKilled, true);
    });

    test('runs an exec with its own streams and exit code', async () => {
      await using room = new Room(runtimeName);
      await room.runtime.start(room.request('c', ['sleep', '1000']));
      const target = { id: 'c', execId: 'e1' };
      const { stream } = await room.runtime.attach(target, { stdin: true, stdout: true, stderr: true, tty: false });
      const output = collect(stream, false);
      await room.exec('c', 'e1', ['sh', '-c', 'cat; echo err >&2; exit 5'], { openStdin: true });
      stream.end('typed');
      const { stdout, stderr } = await output;
      assert.equal(room.exits.get('c/e1')?.exitCode, 5, 'the exit is known before the stream ends');
      assert.deepEqual([stdout, stderr], ['typed', 'err\n']);
      await assert.rejects(room.exec('c', 'e2', ['nope']), { kind: 'invalid', message: /not found/ });
    });

    test('gives an exec a terminal', async () => {
      await using room = new Room(runtimeName);
      await room.runtime.start(room.request('c', ['sleep', '1000']));
      const { stream } = await room.runtime.attach({ id: 'c', execId: 'e' }, { stdin: true, stdout: true, stderr: true, tty: true });
      const output = collect(stream, true);
      await room.exec('c', 'e', ['sh', '-c', 'tty; exit 4'], { tty: true, openStdin: true });
      assert.match((await output).stdout, /^\/dev\/pts\/\d+\r\n$/);
      assert.equal((await room.exit('c/e')).exitCode, 4);
    });

    test('ends its execs with it', async () => {
      await using room = new Room(runtimeName);
      await room.runtime.start(room.request('c', ['sleep', '1000']));
      const { pid } = await room.exec('c', 'e', ['sleep', '1000']);
      await room.runtime.signal({ id: 'c' }, 9);
      assert.equal((await room.exit('c/e')).exitCode, 137);
      assert.equal(isAlive(pid), false);
    });
  });
}

describe('the monitor', () => {
  test('starts fifty containers at once', async () => {
    await using room = new Room('crun');
    const ids = Array.from({ length: 50 }, (_, number) => `c${number}`);
    const results = await Promise.all(ids.map((id, number) => room.runToEnd(id, ['sh', '-c', `echo ${id}; exit ${number}`])));
    assert.deepEqual(results.map(({ exit, output }) => [exit.exitCode, output.stdout]), ids.map((id, number) => [number, `${id}\n`]));
    await Promise.all(ids.map((id) => room.runtime.release({ id })));
    for (const id of ids) assertNothingLeft(room, id);
  });

  test('kills what a container in the host\'s pid namespace leaves behind', async () => {
    await using room = new Room('crun');
    const { output } = await room.runToEnd('c', ['sh', '-c', 'sleep 1000 & echo $!'], { spec: { pidNamespace: 'host' } });
    // It has left its control group, and may be on its last steps.
    while (isAlive(Number(output.stdout))) await new Promise(setImmediate);
  });

  test('gives the same process when a start is repeated', async () => {
    await using room = new Room('crun');
    const request = room.request('c', ['sleep', '1000']);
    const [first, again] = await Promise.all([room.runtime.start(request), room.runtime.start(request)]);
    assert.equal(first.pid, again.pid);
    assert.deepEqual(await room.runtime.start(request), first);
  });

  test('refuses ids that are no names', async () => {
    await using room = new Room('crun');
    await assert.rejects(room.runtime.signal({ id: '../x' }, 9), { kind: 'invalid' });
    await assert.rejects(room.runtime.signal({ id: 'absent' }, 9), { kind: 'conflict', message: 'container absent is not running' });
  });

  test('holds a fast container back for a slow attachment, without losing a byte', async () => {
    await using room = new Room('crun');
    const { stream } = await room.runtime.attach({ id: 'c' }, { stdin: false, stdout: true, stderr: true, tty: false });
    await room.runtime.start(room.request('c', ['sh', '-c', 'dd if=/dev/zero bs=1M count=8 2>/dev/null'], { log: { driver: 'none', path: '', maxFiles: 1 } }));
    stream.pause();
    const { stream: quick } = await room.runtime.attach({ id: 'c' }, { stdin: true, stdout: false, stderr: false });
    quick.destroy();
    assert.equal((await room.runtime.list())[0]?.exit, undefined, 'still writing: nobody reads');
    assert.equal((await collect(stream, false)).bytes, 8 * 1024 * 1024);
    assert.equal((await room.exit('c')).exitCode, 0);
  });

  test('ends when its last client goes and nothing runs', async () => {
    const room = new Room('crun');
    await room.runToEnd('c', ['true']);
    const pid = room.monitorPid();
    await room[Symbol.asyncDispose]();
    while (isAlive(pid)) await new Promise(setImmediate);
  });
});

function assertNothingLeft(room: Room, id: string): void {
  assert.deepEqual(readdirIfThere(join(room.run, 'containers', id)), []);
  for (const runtime of ['crun', 'runc']) assert.ok(!readdirIfThere(join(room.run, 'runtime', runtime)).includes(id));
  for (const { mountPoint } of cgroupMounts()) assert.equal(existsSync(join(mountPoint, room.cgroupParent, id)), false, mountPoint);
  assert.equal(mountTable().includes(room.run), false);
}

function readdirIfThere(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}
