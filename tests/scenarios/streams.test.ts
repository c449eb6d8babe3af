/** What flows between a person's terminal or pipe and a container. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { clientNames, type Client } from './client.ts';
import { image, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.withImage();
});
after(() => stage[Symbol.asyncDispose]());

for (const name of clientNames) {
  describe(name, () => {
    const client = (): Client => stage.client(name);
    const forget = (container: string): Promise<unknown> => client().run(['rm', '-f', container]);

    test('100 MB through `run -i … cat` come back byte by byte', async () => {
      const running = client().start(['run', '-i', '--rm', image, 'cat']);
      running.child.stdout.removeAllListeners('data').setEncoding('latin1');
      const [sent, received] = [createHash('sha256'), createHash('sha256')];
      let bytes = 0;
      running.child.stdout.on('data', (chunk: string) => {
        bytes += chunk.length;
        received.update(chunk, 'latin1');
      });
      await pipeline(Readable.from(blocks(100, sent)), running.child.stdin);
      assert.deepEqual([(await running.ended()).code, bytes], [0, 100 << 20]);
      assert.equal(received.digest('hex'), sent.digest('hex'));
    });

    test('stdin that ends early leaves the rest of the output whole', async () => {
      const { code, stdout } = await client().run(['run', '-i', '--rm', image, 'sh', '-c', 'cat; echo after; seq 1 20000'], 'before\n');
      assert.equal(code, 0);
      assert.equal(stdout, `before\nafter\n${Array.from({ length: 20_000 }, (_, index) => index + 1).join('\n')}\n`);
    });

    test('stdout and stderr stay apart', async () => {
      const { stdout, stderr } = await client().run(['run', '--rm', image, 'sh', '-c', 'echo out; echo err >&2']);
      assert.deepEqual([stdout, stderr], ['out\n', 'err\n']);
    });

    test('a reader that stops early ends the client, not the engine', async () => {
      const running = client().start(['run', '--name', `${name}-head`, image, 'sh', '-c', 'while :; do echo line; done']);
      await running.until(/line\n/);
      running.child.stdout.destroy();
      running.child.stderr.resume();
      running.child.kill('SIGKILL');
      await running.ended();
      // Nobody reads now: the container must not be stuck in its write.
      const size = async (): Promise<number> => (await client().ok('logs', '--tail', '1', `${name}-head`)).length;
      assert.equal(await size() > 0, true);
      await forget(`${name}-head`);
    });

    for (const [title, args, code] of [
      ['an exit code of its own', ['sh', '-c', 'exit 42'], 42],
      ['a command that is not there', ['no-such-command'], 127],
      ['a command that cannot be executed', ['/etc/passwd'], 126],
      ['a directory for a command', ['/etc'], 126],
    ] as const) {
      test(`run exits with ${code} for ${title}`, async () => {
        assert.equal((await client().run(['run', '--rm', image, ...args])).code, code);
      });
    }

    test('run exits with 137 when its container is killed', async () => {
      const running = client().start(['run', '--rm', '--name', `${name}-victim`, image, 'sh', '-c', 'echo ready; exec sleep 1000']);
      await running.until(/ready/);
      await client().ok('kill', `${name}-victim`);
      assert.equal((await running.ended()).code, 137);
    });

    test('run exits with 125 when the engine refuses', async () => {
      assert.equal((await client().run(['run', '--rm', '--pull', 'never', 'gantry/nothing', 'true'])).code, 125);
      assert.equal((await client().run(['run', '--rm', '--no-such-flag', image, 'true'])).code, 125);
      assert.equal((await client().run(['run', '--rm', '--network', 'nowhere', image, 'true'])).code, 125);
    });

    test('SIGINT and SIGTERM to the client reach the container', async () => {
      for (const [signal, code] of [['SIGINT', 12], ['SIGTERM', 15]] as const) {
        const running = client().start(['run', '--rm', image, 'sh', '-c', 'trap "exit 12" INT; trap "exit 15" TERM; echo ready; while :; do sleep 0.05; done']);
        await running.until(/ready/);
        running.child.kill(signal);
        assert.equal((await running.ended()).code, code);
      }
    });

    test('Ctrl-C on a terminal interrupts the process in the container', async () => {
      const running = client().terminal(['run', '-it', '--rm', image, 'sh', '-c', 'trap "echo caught; exit 9" INT; echo ready; while :; do sleep 0.05; done']);
      await running.until(/ready/);
      running.write('\x03');
      const { code, stdout } = await running.ended();
      assert.match(stdout, /caught/);
      assert.equal(code, 9);
    });

    test('the detach keys leave it running, attach comes back to it, and its end ends the attachment', async () => {
      const container = `${name}-attached`;
      const first = client().terminal(['run', '-it', '--name', container, image, 'sh', '-c', 'while read line; do echo "<$line>"; [ "$line" = bye ] && exit 7; done']);
      first.write('one\n');
      await first.until(/<one>/);
      first.write('\x10\x11');
      await first.ended();
      assert.equal(await client().ok('inspect', '-f', '{{.State.Running}}', container), 'true');
      const second = client().terminal(['attach', '--detach-keys', 'ctrl-a,x', container]);
      second.write('two\n');
      await second.until(/<two>/);
      second.write('\x01x');
      await second.ended();
      assert.equal(await client().ok('inspect', '-f', '{{.State.Running}}', container), 'true');
      const third = client().terminal(['attach', container]);
      third.write('bye\n');
      assert.equal((await third.ended()).code, 7);
      await forget(container);
    });

    test('a client that is killed leaves its container running, and its output in the log', async () => {
      const container = `${name}-orphan`;
      const running = client().start(['run', '--name', container, image, 'sh', '-c', 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo $i; sleep 0.01; done']);
      await running.until(/3\n/);
      running.child.kill('SIGKILL');
      await running.ended();
      assert.equal(await client().ok('wait', container), '0');
      assert.deepEqual((await client().ok('logs', container)).split('\n').map(Number), Array.from({ length: 100 }, (_, index) => index + 1));
      await forget(container);
    });

    test('logs -f taken up again after the daemon was killed repeats and misses nothing', async () => {
      const container = `${name}-followed`;
      await client().ok('run', '-d', '--name', container, image, 'sh', '-c', 'i=0; while [ $i -lt 120 ]; do i=$((i+1)); echo $i; sleep 0.02; done');
      const before = client().start(['logs', '-f', container]);
      await before.until(/\n20\n/);
      await stage.daemon.crash();
      await before.ended();
      await stage.daemon.start();
      const again = await client().ok('logs', '-f', container);
      assert.deepEqual(again.split('\n').map(Number), Array.from({ length: 120 }, (_, index) => index + 1));
      await forget(container);
    });

    test('10,000 lines at once are all in the log, in order; --tail gives the last', async () => {
      const container = `${name}-lines`;
      await client().ok('run', '--name', container, image, 'seq', '1', '10000');
      assert.equal(await client().ok('logs', container), Array.from({ length: 10_000 }, (_, index) => index + 1).join('\n'));
      assert.equal(await client().ok('logs', '--tail', '3', container), '9998\n9999\n10000');
      assert.equal(await client().ok('logs', '--tail', '0', container), '');
      await forget(container);
    });

    test('a log that is rotated keeps its last lines, in order, and no more than was allowed', async () => {
      const container = `${name}-rotated`;
      await client().ok('run', '--name', container, '--log-opt', 'max-size=20k', '--log-opt', 'max-file=3', image, 'seq', '1', '5000');
      const lines = (await client().ok('logs', container)).split('\n').map(Number);
      assert.equal(lines.at(-1), 5000);
      assert.deepEqual(lines, Array.from({ length: lines.length }, (_, index) => 5001 - lines.length + index));
      assert.ok(lines.length > 300 && lines.length < 1000, String(lines.length));
      await forget(container);
    });

    test('logs -f goes on over every rotation', async () => {
      const container = `${name}-rotating`;
      const writer = client().start(['run', '-i', '--name', container, '--log-opt', 'max-size=2k', '--log-opt', 'max-file=2', image, 'cat']);
      writer.write('1\n');
      await writer.until(/^1\n/);
      const follower = client().start(['logs', '-f', container]);
      await follower.until(/^1\n/);
      // A dozen lines are half a file: the writer is never two files ahead of its reader, who has then a right to all of them.
      for (let last = 1; last < 145; last += 12) {
        writer.write(Array.from({ length: 12 }, (_, index) => `${last + 1 + index}\n`).join(''));
        await follower.until(new RegExp(`\n${last + 12}\n`));
      }
      writer.child.stdin.end();
      assert.equal((await writer.ended()).code, 0);
      const { stdout } = await follower.ended();
      assert.deepEqual(stdout.split('\n').map(Number), [...Array.from({ length: 145 }, (_, index) => index + 1), 0]);
      await forget(container);
    });

    test('`… | head -1` ends', () => {
      const line = `${[...client().words, 'run', '--rm', image, 'seq', '1', '100000'].map((word) => `'${word}'`).join(' ')} | head -1`;
      const { stdout, status } = spawnSync('sh', ['-c', line], { encoding: 'utf8', timeout: 120_000 });
      assert.deepEqual([stdout, status], ['1\n', 0]);
    });

    test('save and load through a pipe give the same image', async () => {
      const path = join(stage.daemon.folder, `${name}.tar`);
      const id = await client().ok('images', '-q', '--no-trunc', image);
      const save = client().start(['save', image]);
      save.child.stdout.removeAllListeners('data').setEncoding('latin1');
      await pipeline(save.child.stdout, async function* latin(source) { for await (const text of source) yield Buffer.from(text as string, 'latin1'); }, createWriteStream(path));
      assert.equal((await save.ended()).code, 0);
      assert.ok(existsSync(path));
      await client().ok('rmi', '-f', image);
      const load = client().start(['load', '-q']);
      await pipeline(createReadStream(path), load.child.stdin);
      assert.match((await load.ended()).stdout, /Loaded image: gantry\/busybox:latest/);
      assert.equal(await client().ok('images', '-q', '--no-trunc', image), id);
    });
  });
}

function* blocks(megabytes: number, hash: ReturnType<typeof createHash>): Generator<Buffer> {
  for (let index = 0; index < megabytes; index++) {
    const block = Buffer.alloc(1 << 20, createHash('sha512').update(String(index)).digest());
    hash.update(block);
    yield block;
  }
}
