/** Moments at which one of the processes that share the work does not get on: a hypervisor that has taken its processor away, say. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findProgram } from '../../../src/host/find-program.ts';
import type { Runtime } from '../../../src/runtime/driver/runtime.ts';
import { collect, isAlive, Room } from './room.ts';

const crun = findProgram('crun')!;

/** A room whose OCI runtime stands still, before or after its work, until `go()`. */
class StalledRoom extends Room {
  readonly #go: string;
  readonly #standing: string;

  constructor(moment: 'before its work' | 'after its work') {
    super('crun');
    this.#go = join(this.run, 'go');
    this.#standing = join(this.run, 'standing');
    const stand = `: > ${this.#standing}; while [ ! -e ${this.#go} ]; do sleep 0.02; done`;
    const script = moment === 'before its work' ? `${stand}; exec ${crun} "$@"` : `${crun} "$@"; code=$?; ${stand}; exit $code`;
    writeFileSync(this.program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  get program(): string {
    return join(this.run, 'stalled-runtime');
  }

  /** From now on it stands still. */
  hold(): void {
    for (const path of [this.#go, this.#standing]) rmSync(path, { force: true });
  }

  async stands(): Promise<void> {
    while (!existsSync(this.#standing)) await new Promise(setImmediate);
  }

  go(): void {
    writeFileSync(this.#go, '');
  }
}

const sleeper = (room: StalledRoom): Parameters<Runtime['start']>[0] => room.request('c', ['sleep', '1000'], { runtime: room.program });

describe('while the OCI runtime stands still', () => {
  test('the daemon is killed: the next one hears of what it starts', async () => {
    await using room = new StalledRoom('before its work');
    const started = assert.rejects(room.runtime.start(sleeper(room)), { kind: 'unavailable' });
    await room.stands();
    const monitor = room.monitorPid();
    await room.runtime.close();
    await started;
    room.runtime = room.connect();
    const listed = room.runtime.list();
    room.go();
    const [entry] = await listed;
    assert.deepEqual([entry?.id, entry?.exit, isAlive(entry!.pid)], ['c', undefined, true]);
    assert.equal(room.monitorPid(), monitor);
  });

  for (const what of ['a container', 'an exec']) {
    test(`the monitor is killed: the next one has ${what} that it starts, and the start is answered`, async () => {
      await using room = new StalledRoom('before its work');
      if (what === 'an exec') {
        room.go();
        await room.runtime.start(sleeper(room));
        room.hold();
      }
      const started = what === 'an exec' ? room.exec('c', 'e', ['sleep', '1000']) : room.runtime.start(sleeper(room));
      await room.stands();
      const monitor = room.monitorPid();
      process.kill(monitor, 'SIGKILL');
      // The next one looks around, and does not answer yet.
      while (room.monitorPid() === monitor) await new Promise(setImmediate);
      room.go();
      const { pid } = await started;
      assert.ok(isAlive(pid));
      const entry = (await room.runtime.list()).find(({ execId }) => (execId !== undefined) === (what === 'an exec'));
      assert.deepEqual([entry?.pid, entry?.exit], [pid, undefined]);
    });
  }

  test('a container ends with an exec that is about to begin: the exec has begun, and ends too', async () => {
    await using room = new StalledRoom('after its work');
    room.go();
    await room.runtime.start(sleeper(room));
    room.hold();
    const target = { id: 'c', execId: 'e' };
    const { stream } = await room.runtime.attach(target, { stdin: false, stdout: true, stderr: true, tty: false });
    const output = collect(stream, false);
    const begun = room.exec('c', 'e', ['sh', '-c', 'echo said; sleep 1000']);
    await room.stands();
    await room.runtime.signal({ id: 'c' }, 9);
    await room.exit('c');
    const released = room.runtime.release({ id: 'c' });
    room.go();
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
