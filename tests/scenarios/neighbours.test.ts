/** Two engines on one machine, and a person who makes every mistake with them. */
import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runProgram } from '../../src/host/run-program.ts';
import { gantryProgram } from '../support/daemon.ts';
import { image, Stage } from './stage.ts';

describe('two engines side by side', () => {
  let left: Stage;
  let right: Stage;
  before(async () => {
    [left, right] = await Promise.all([Stage.withImage(), Stage.withImage()]);
  });
  after(async () => {
    await left[Symbol.asyncDispose]();
    await right[Symbol.asyncDispose]();
  });

  test('that started in one moment have default bridges of their own', async () => {
    const subnets = await Promise.all([left, right].map((stage) => stage.client('gantry').ok('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Subnet}}', 'bridge')));
    assert.notEqual(subnets[0], subnets[1]);
  });

  test('have containers of the same name, each sees its own', async () => {
    for (const [stage, word] of [[left, 'left'], [right, 'right']] as const) await stage.client('gantry').ok('run', '-d', '--name', 'same', image, 'sh', '-c', `echo ${word}; sleep 1000`);
    assert.deepEqual([await left.client('gantry').ok('logs', 'same'), await right.client('gantry').ok('logs', 'same')], ['left', 'right']);
  });

  test('a port that one has published is refused to the other, by name', async () => {
    await left.client('gantry').ok('run', '-d', '--name', 'web', '-p', '127.0.0.1::80', image, 'sleep', '1000');
    const port = (await left.client('gantry').ok('port', 'web', '80')).split(':').at(-1);
    const { code, stderr } = await right.client('gantry').run(['run', '--rm', '-p', `127.0.0.1:${port}:80`, image, 'true']);
    assert.equal(code, 125);
    assert.match(stderr, /port is already allocated|address already in use/);
    assert.deepEqual(await right.containers(), ['same']);
  });

  test('the death of one is nothing to the other', async () => {
    await left.daemon.crash();
    assert.equal(await right.client('gantry').ok('exec', 'same', 'echo', 'here'), 'here');
    await left.daemon.start();
    assert.equal(await left.client('gantry').ok('exec', 'same', 'echo', 'back'), 'back');
  });

  test('the end of one takes away nothing of the other', async () => {
    await left.client('gantry').ok('rm', '-f', 'same', 'web');
    await left.daemon.restart();
    const [address] = (await right.client('gantry').ok('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', 'same')).split('/');
    assert.equal(await right.client('gantry').ok('run', '--rm', image, 'ping', '-c', '1', '-W', '5', String(address)).then((text) => /1 packets received/.test(text)), true);
  });
});

describe('a daemon that is told nonsense ends with a sentence', () => {
  let stage: Stage;
  before(async () => { stage = await Stage.open(); });
  after(() => stage[Symbol.asyncDispose]());

  const start = (...args: string[]): ReturnType<typeof runProgram> => {
    const [program, ...words] = gantryProgram();
    return runProgram(program, [...words, 'daemon', ...args]);
  };
  const folder = (): string => stage.daemon.folder;
  const elsewhere = (): string[] => ['--root', join(folder(), 'other'), '--run', join(folder(), 'other-run'), '--host', `unix://${join(folder(), 'other.sock')}`];
  const config = (text: string): string => {
    const path = join(folder(), 'config.json');
    writeFileSync(path, text);
    return path;
  };

  for (const [title, args, message] of [
    ['a wrong level', () => ['--config-file', config('{"log-level":"loud"}')], /invalid logging level: loud/],
    ['an unknown directive', () => ['--config-file', config('{"bogus":1}')], /don't match any configuration option: bogus/],
    ['a broken file', () => ['--config-file', config('{"bogus":')], /unable to configure the Docker daemon with file/],
    ['a list for a file', () => ['--config-file', config('[]')], /unable to configure the Docker daemon|must be|expected/i],
    ['no file', () => ['--config-file', '/nonexistent'], /no such file or directory/],
    ['an unknown flag', () => ['--nonsense'], /nonsense/],
    ['a protocol it does not speak', () => ['--host', 'ftp://x'], /ftp:\/\/x/],
    ['a runtime that is not there', () => ['--default-runtime', 'warp'], /warp/],
    ['a log driver that is not there', () => ['--log-driver', 'smoke'], /smoke/],
    ["another's socket", () => ['--host', stage.daemon.host], /another daemon answers at/],
    ["another's root", () => ['--root', stage.daemon.root], /is held by process \d+/],
    ["another's run folder", () => ['--run', stage.daemon.runFolder], /is held by process \d+/],
  ] as const) {
    test(title, async () => {
      const { exitCode, stderr } = await start(...elsewhere(), ...args());
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n {4}at /);
      assert.equal((await stage.daemon.request('GET', '/_ping')).status, 200);
    });
  }

  test('the socket is closed to those outside its group', async () => {
    assert.equal(statSync(stage.daemon.socketPath).mode & 0o777, 0o660);
    chmodSync(folder(), 0o755);
    const stranger = (...command: string[]): ReturnType<typeof runProgram> => runProgram('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...command]);
    assert.equal((await stranger('test', '-S', stage.daemon.socketPath)).exitCode, 0);
    assert.equal((await stranger('test', '-w', stage.daemon.socketPath)).exitCode, 1);
  });
});
