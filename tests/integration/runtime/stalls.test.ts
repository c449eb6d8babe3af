/** Moments at which one of the processes that share the work does not get on: a hypervisor that has taken its processor away, say. */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Runtime } from '../../../src/runtime/driver/runtime.ts';
import { StalledRuntime } from '../../support/stalled-runtime.ts';
import { collect, isAlive, Room } from './room.ts';

/** A room, and an OCI runtime that stands still. */
class StalledRoom extends Room {
  readonly stalled: StalledRuntime;

  constructor(moment: 'before its work' | 'after its work') {
    super('crun');
    this.stalled = new StalledRuntime(join(this.run, 'stalled'), moment);
  }
}

const sleeper = (room: StalledRoom): Parameters<Runtime['start']>[0] => room.request('c', ['sleep', '1000'], { runtime: room.stalled.path });

describe('while the OCI runtime stands still', () => {
  test('the daemon is killed: the next one hears of what it starts', async () => {
    await using room = new StalledRoom('before its work');
    const started = assert.rejects(room.runtime.start(sleeper(room)), { kind: 'unavailable' });
    await room.stalled.stands();
    const monitor = room.monitorPid();
    await room.runtime.close();
    await started;
    room.runtime = room.connect();
    const listed = room.runtime.list();
    room.stalled.go();
    const [entry] = await listed;
    assert.deepEqual([entry?.id, entry?.exit, isAlive(entry!.pid)], ['c', undefined, true]);
    assert.equal(room.monitorPid(), monitor);
  });

  for (const what of ['a container', 'an exec']) {
    test(`the monitor is killed: the next one has ${what} that it starts, and the start is answered`, async () => {
      await using room = new StalledRoom('before its work');
      if (what === 'an exec') {
        room.stalled.go();
        await room.runtime.start(sleeper(room));
        room.stalled.hold();
      }
      const started = what === 'an exec' ? room.exec('c', 'e', ['sleep', '1000']) : room.runtime.start(sleeper(room));
      await room.stalled.stands();
      const monitor = room.monitorPid();
      process.kill(monitor, 'SIGKILL');
      // The next one looks around, and does not answer yet.
      while (room.monitorPid() === monitor) await new Promise(setImmediate);
      room.stalled.go();
      const { pid } = await started;
      assert.ok(isAlive(pid));
      const entry = (await room.runtime.list()).find(({ execId }) => (execId !== undefined) === (what === 'an exec'));
      assert.deepEqual([entry?.pid, entry?.exit], [pid, undefined]);
    });
  }

  test('a container ends with an exec that is about to begin: the exec has begun, and ends too', async () => {
    await using room = new StalledRoom('after its work');
    room.stalled.go();
    await room.runtime.start(sleeper(room));
    room.stalled.hold();
    const target = { id: 'c', execId: 'e' };
    const { stream } = await room.runtime.attach(target, { stdin: false, stdout: true, stderr: true, tty: false });
    const output = collect(stream, false);
    const begun = room.exec('c', 'e', ['sh', '-c', 'echo said; sleep 1000']);
    await room.stalled.stands();
    await room.runtime.signal({ id: 'c' }, 9);
    await room.exit('c');
    const released = room.runtime.release({ id: 'c' });
    room.stalled.go();
    assert.ok((await begun).pid > 0);
    assert.equal((await room.exit('c/e')).exitCode, 137);
    assert.equal((await output).stdout, 'said\n');
    await released;
  });
});

test('who attaches to a container that has just ended is told that it would wait for the next start', async () => {
  await using room = new Room('crun');
  await room.runToEnd('c', ['true']);
  const { stream, waits } = await room.runtime.attach({ id: 'c' }, { stdin: false, stdout: true, stderr: true });
  stream.destroy();
  assert.equal(waits, true);
});

test('a terminal that all inside have closed takes a size, and no other one has it', async () => {
  await using room = new Room('crun');
  await room.runtime.start(room.request('c', ['sh', '-c', 'exec </dev/null >/dev/null 2>&1; while [ ! -e /tmp/go ]; do sleep 0.02; done; exit 3'], { tty: true }));
  const terminals = (): number => readdirSync(`/proc/${room.monitorPid()}/fd`).filter((fd) => targetOf(`/proc/${room.monitorPid()}/fd/${fd}`).includes('ptmx')).length;
  while (terminals() > 0) await new Promise(setImmediate);
  await room.runtime.resize({ id: 'c' }, { rows: 3, columns: 4 });
  writeFileSync(join(room.rootfs, 'tmp/go'), '');
  assert.equal((await room.exit('c')).exitCode, 3);
});

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return ''; // closed while we looked
  }
}
