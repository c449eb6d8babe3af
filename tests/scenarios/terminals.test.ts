/** What a person's terminal and a container's do to each other: sizes, modes, keys and signals, through a real pty. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { setTerminalSize } from '../../src/host/terminal.ts';
import { clientNames, type Client, type Running } from './client.ts';
import { image, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.withImage();
});
after(() => stage[Symbol.asyncDispose]());

/** Tells its size whenever it changes. */
const teller = ['sh', '-c', 'trap "stty size" WINCH; echo ready; while :; do sleep 0.05; done'];

for (const name of clientNames) {
  describe(name, () => {
    const client = (): Client => stage.client(name);
    const isRunning = (container: string): Promise<string> => client().ok('inspect', '-f', '{{.State.Running}}', container);

    test('run, attach and exec hand on the size of their terminal, and every change of it', async () => {
      const container = `${name}-sized`;
      const running = client().terminal(['run', '-it', '--name', container, image, ...teller]);
      await running.until(/ready/);
      await resized(running, 44);
      const inside = client().terminal(['exec', '-it', container, ...teller]);
      await inside.until(/ready/);
      await resized(inside, 55);
      const attached = client().terminal(['attach', container]);
      await attached.until(/30 100/);
      await resized(attached, 66);
      await client().ok('kill', container);
      for (const each of [running, inside, attached]) assert.equal((await each.ended()).code, 137);
      await client().ok('rm', container);
    });

    /** Docker's client looks at its size once and listens for changes afterwards: one in between passes it by, so there it is changed until it is seen. */
    async function resized(running: Running, rows: number): Promise<void> {
      for (let columns = 101; !new RegExp(`^${rows} \\d+\r?$`, 'm').test(running.stdout); columns++) {
        resize(running, rows, columns);
        if (name === 'gantry') return await running.until(new RegExp(`${rows} ${columns}`));
        await Promise.race([once(running.child.stdout, 'data'), setTimeout(200)]);
      }
    }

    test('what is typed is echoed by the container alone, and the terminal is put back at the end', () => {
      const words = [...client().words, 'run', '-it', '--rm', image, 'sh', '-c', 'read line; echo "<$line>"; stty -echo -icanon'].map((word) => `'${word}'`).join(' ');
      const line = `stty rows 30 cols 100; before=$(stty -g); ${words}; [ "$before" = "$(stty -g)" ] && echo unchanged`;
      const { stdout } = spawnSync('script', ['-qefc', line, '/dev/null'], { input: 'typed\n', encoding: 'utf8', timeout: 120_000, env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm', DOCKER_CONFIG: '/nonexistent' } });
      assert.match(stdout, /<typed>\r\nunchanged\r\n$/);
    });

    for (const [title, words] of [['run', ['run', '-it']], ['exec', ['exec', '-it']]] as const) {
      test(`${title} leaves by the detach keys: the default ones, and ones of its own, which then mean nothing else`, async () => {
        const container = `${name}-${title}-keys`;
        for (const [options, typed, keys] of [[[], '', '\x10\x11'], [['--detach-keys', 'ctrl-a,x'], '\x10\x11', '\x01x']] as const) {
          if (title === 'exec') await client().ok('run', '-dit', '--name', container, image, 'cat');
          const where = title === 'run' ? ['--name', container, image] : [container];
          const running = client().terminal([...words, ...options, ...where, 'cat']);
          running.write('here\n');
          await running.until(/here\r\n[^]*here/);
          running.write(typed);
          running.write('still here\n');
          await running.until(/still here\r\n[^]*still here/);
          running.write(keys);
          // Whoever leaves what runs without them is told, and leaves with 1.
          assert.equal((await running.ended()).code, title === 'exec' ? 1 : 0);
          assert.equal(await isRunning(container), 'true');
          await client().ok('rm', '-f', container);
        }
      });
    }

    test('who attaches to a shell sees its prompt, and leaves with 1 when it goes on', async () => {
      const container = `${name}-prompt`;
      await client().ok('run', '-dit', '--name', container, image, 'sh');
      await untilItHearsOfSizes(container);
      const attached = client().terminal(['attach', container]);
      await attached.until(/# /);
      attached.write('\x10\x11');
      const { code, stdout } = await attached.ended();
      assert.equal(code, 1);
      assert.match(stdout, /read escape sequence\r\n$/);
      await client().ok('rm', '-f', container);
    });

    test('a terminal does not keep signals from a container that is run', async () => {
      const container = `${name}-signalled`;
      for (const [signal, trapped] of [['SIGTERM', 'TERM'], ['SIGHUP', 'HUP']] as const) {
        const running = client().terminal(['run', '-it', '--rm', '--name', container, image, 'sh', '-c', `trap "exit 9" ${trapped}; echo ready; while :; do sleep 0.05; done`]);
        await running.until(/ready/);
        process.kill(pidInside(running), signal);
        assert.equal((await running.ended()).code, 9);
      }
    });

    test('a question is asked in plain text, and Ctrl-C leaves it', async () => {
      for (const [typed, end] of [['n\n', 'n\r\n'], ['\x03', '^C\r\n']] as const) {
        const asking = client().terminal(['container', 'prune']);
        await asking.until(/\[y\/N\] /);
        asking.write(typed);
        const { code, stdout } = await asking.ended();
        assert.deepEqual([code, stdout], [0, `WARNING! This will remove all stopped containers.\r\nAre you sure you want to continue? [y/N] ${end}`]);
      }
    });

    test('detach keys that are none are refused', async () => {
      const container = `${name}-nokeys`;
      await client().ok('run', '-dit', '--name', container, image, 'cat');
      for (const words of [['attach', '--detach-keys', 'nope', container], ['exec', '-it', '--detach-keys', 'ctrl-,', container, 'cat']]) {
        const { code, stdout } = await client().terminal(words).ended();
        assert.equal(code, 1);
        assert.match(stdout, /received 400|[Ii]nvalid (detach|escape) keys \((nope|ctrl-,)\) provided/);
      }
      await client().ok('rm', '-f', container);
    });

    test('with --sig-proxy=false a signal ends the client alone', async () => {
      const container = `${name}-own`;
      const script = ['sh', '-c', 'trap "exit 12" INT; trap "exit 15" TERM; echo ready; while :; do sleep 0.05; done'];
      const running = client().start(['run', '--sig-proxy=false', '--name', container, image, ...script]);
      await running.until(/ready/);
      running.child.kill('SIGTERM');
      await left(running);
      assert.equal(await isRunning(container), 'true');
      const attached = client().start(['attach', '--sig-proxy=false', container]);
      await untilAttached(container);
      attached.child.kill('SIGINT');
      await left(attached);
      assert.equal(await isRunning(container), 'true');
      await client().ok('rm', '-f', container);
    });

    /** A shell that has shown its prompt and does not yet listen to SIGWINCH does not show it again. */
    async function untilItHearsOfSizes(container: string): Promise<void> {
      const pid = await client().ok('inspect', '-f', '{{.State.Pid}}', container);
      const caught = (): bigint => BigInt(`0x${/^SigCgt:\t(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]}`);
      while ((caught() >> BigInt(constants.signals.SIGWINCH - 1) & 1n) === 0n) await setTimeout(10);
    }

    /** Docker's client stays until the third signal, but hands none on. */
    async function left(running: Running): Promise<void> {
      if (name === 'docker') running.child.kill('SIGKILL');
      await running.ended();
    }

    /** Silent clients tell by an event that they are there. */
    async function untilAttached(container: string): Promise<void> {
      const events = client().start(['events', '--since', '1', '--filter', `container=${container}`, '--filter', 'event=attach', '--format', '{{.Action}}']);
      await events.until(/attach\n[^]*attach\n/);
      events.child.kill('SIGKILL');
      await events.ended();
    }
  });
}

/** Gives the pty of a client another size: the kernel then tells the client by SIGWINCH. */
function resize(running: Running, rows: number, columns: number): void {
  const terminal = openSync(`/proc/${pidInside(running)}/fd/0`, 'r+');
  try {
    setTerminalSize(terminal, { rows, columns });
  } finally {
    closeSync(terminal);
  }
}

/** The client's own process: the one that `script` began. */
function pidInside({ child }: Running): number {
  return Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ')[0]);
}
