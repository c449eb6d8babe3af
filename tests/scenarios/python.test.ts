/** docker-compose 1.29 and docker-py, as Debian has them, on our socket. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gantryProgram } from '../support/daemon.ts';
import { Stage } from './stage.ts';

/** Debian's own: another Python that comes first in the path does not have Debian's modules. */
const python = '/usr/bin/python3';
const hasModule = existsSync(python) && spawnSync(python, ['-c', 'import docker']).status === 0;
const compose = '/usr/bin/docker-compose';
const hasCompose = existsSync(compose) && spawnSync(compose, ['--version'], { encoding: 'utf8' }).stdout.includes('version 1.29');

let stage: Stage;
let bin: string;
before(async () => {
  stage = await Stage.withImage();
  // docker-compose leaves exec and run to docker's command line: here it is ours.
  bin = join(stage.daemon.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\nexec ${gantryProgram().join(' ')} "$@"\n`, { mode: 0o755 });
});
after(() => stage[Symbol.asyncDispose]());

/** Runs a program to its end. @throws with all it said when it fails */
function run(program: string, ...args: string[]): Promise<string> {
  const { PATH, HOME } = process.env;
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: import.meta.dirname, env: { PATH: `${bin}:${PATH}`, HOME, LANG: 'C.UTF-8', DOCKER_HOST: stage.daemon.host }, timeout: 240_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`));
    });
  });
}

test('docker-py does all that its programs do every day', { skip: hasModule ? false : 'python3-docker is not installed' }, async () => {
  assert.equal(await run(python, join(import.meta.dirname, 'docker_py.py'), stage.daemon.host), 'done\n');
});

describe('docker-compose', { skip: hasCompose ? false : 'docker-compose 1.29 is not installed' }, () => {
  const mine = async (): Promise<string[]> => (await stage.containers()).filter((name) => name.startsWith('play_'));
  const project = (...args: string[]): Promise<string> => run(compose, '-p', 'play', ...args);

  test('brings a project up, and each part of the file is what it says', async () => {
    await project('up', '-d');
    assert.match(await project('ps'), /play_store_1 .* Up[^]*play_web_1 .* Up/);
    const address = (await project('port', 'web', '80')).trim();
    assert.equal(await body(`http://${address}/`), 'hello-compose\n');
    assert.equal(await project('exec', '-T', 'web', 'sh', '-c', 'echo $NAME'), 'compose\n');
    assert.match(await project('exec', '-T', 'web', 'ping', '-c', '1', '-q', 'db'), /1 packets received/);
    assert.equal(await project('exec', '-T', 'store', 'sh', '-c', 'until [ -s /data/log ]; do sleep 0.1; done; cat /data/log'), 'tick\n');
    assert.match(await project('top'), /httpd -f -p 80/);
  });

  test('runs one-off containers, scales, and leaves alone what has not changed', async () => {
    const before = await mine();
    assert.equal(await project('run', '--rm', '-T', 'store', 'echo', 'one-off'), 'one-off\n');
    await project('up', '-d', '--scale', 'store=2');
    assert.deepEqual(await mine(), [...before, 'play_store_2'].sort());
  });

  test('stops, starts, pauses, kills and restarts services', async () => {
    await project('stop', '-t', '5');
    assert.match(await project('ps'), /play_web_1 .* Exit 137/);
    assert.match(await project('logs', '--no-color', 'store'), /store_1 +\| tick/);
    await project('start');
    await project('pause', 'web');
    assert.match(await project('ps'), /play_web_1 .* Paused/);
    await project('unpause', 'web');
    await project('kill', 'web');
    await project('restart', '-t', '5', 'web');
    assert.match(await project('ps'), /play_web_1 .* Up/);
  });

  test('takes everything down, the network and the volume too', async () => {
    await project('down', '-v', '-t', '5');
    assert.deepEqual(await mine(), []);
    assert.deepEqual((await stage.ask<{ Volumes: unknown[] }>('/volumes')).Volumes, []);
    assert.deepEqual((await stage.ask<{ Name: string }[]>('/networks')).map(({ Name }) => Name).sort(), ['bridge', 'host', 'none']);
  });
});

/** The server may not have begun to listen when its container has: asks again until it takes the connection. */
async function body(url: string): Promise<string> {
  for (;;) {
    const text = await fetch(url).then((answer) => answer.text(), () => undefined);
    if (text !== undefined) return text;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}
