/** `docker compose up` in the foreground: what it shows, when it ends, and with which exit code. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { Stage } from '../stage.ts';
import { missingCompose, Project } from './project.ts';

const polite = "trap 'echo bye; exit 0' TERM; echo here; while :; do sleep 0.1; done";
const file = `
services:
  polite: {image: gantry/busybox, command: ["sh", "-c", "${polite}"]}
  short: {image: gantry/busybox, command: ["sh", "-c", "echo done; echo odd >&2; exit 7"], depends_on: [polite]}
  brief: {image: gantry/busybox, command: "true", depends_on: [polite]}
`;

describe('a project of Compose 2 in the foreground', { skip: missingCompose }, () => {
  let stage: Stage;
  let project: Project;
  before(async () => {
    stage = await Stage.withImage();
    project = new Project(stage, { 'compose.yaml': file });
  });
  afterEach(() => project.down());
  after(() => stage[Symbol.asyncDispose]());

  const states = async (): Promise<string[]> => (await project.ok('ps', '--all', '--format', '{{.Service}} {{.State}} {{.ExitCode}}')).trim().split('\n').sort();

  test('Ctrl-C stops what runs', async () => {
    const running = project.start('up', 'polite');
    await running.until(/polite-1 +\| here/);
    assert.match((await project.interrupt(running)).stderr, /polite-1 +Stopped/);
    assert.deepEqual(await states(), ['polite exited 0']);
    assert.equal(await project.ok('logs', '--no-log-prefix'), 'here\nbye\n');
  });

  test('the exit code is that of the service that was named, and both streams are shown', async () => {
    const { code, stdout, stderr } = await project.run('up', '--exit-code-from', 'short');
    assert.equal(code, 7);
    assert.match(stdout, /short-1 +\| done/);
    assert.match(stderr, /short-1 +\| odd/);
    assert.match(stdout, /short-1 exited with code 7/);
    assert.ok((await states()).every((state) => state.includes('exited')));
  });

  test('the first that ends takes the others with it, however soon it is, again and again', async () => {
    // A container that ends while others start: their stop must wait for the start, or nobody ever stops them.
    for (let round = 0; round < 4; round++) {
      assert.equal((await project.run('up', '--abort-on-container-exit', 'brief', 'polite')).code, 0);
      assert.ok((await states()).every((state) => state.includes('exited')));
    }
  });

  test('logs are followed until the end of the last one', async () => {
    await project.ok('up', '--detach', 'polite');
    const following = project.start('logs', '--follow', '--no-log-prefix');
    await following.until(/here/);
    await project.ok('stop');
    const { code, stdout } = await following.ended();
    assert.equal(code, 0);
    assert.match(stdout, /^here\nbye\n/);
  });

  test('events tell of the project alone, as lines of JSON', async () => {
    const events = project.start('events', '--json');
    const stranger = await stage.ok('POST', '/containers/create', { Image: 'gantry/busybox' });
    await project.ok('up', '--detach', 'polite');
    await events.until(/"action":"start"/);
    const { stdout } = await project.interrupt(events);
    await stage.ok('DELETE', `/containers/${(stranger.json as { Id: string }).Id}`);
    const told = stdout.trim().split('\n').map((text) => JSON.parse(text) as { action: string; service: string; type: string });
    assert.deepEqual(told.map(({ action, service, type }) => `${type} ${service} ${action}`), ['container polite create', 'container polite start']);
  });

  test('a terminal reaches a service through exec and run', async () => {
    await project.ok('up', '--detach', 'polite');
    const shell = project.terminal('exec', 'polite', 'sh');
    shell.write('tty; stty size\n');
    await shell.until(/\/dev\/pts\/\d+\r?\n30 100/);
    shell.write('exit 5\n');
    assert.equal((await shell.ended()).code, 5);
    const other = project.terminal('run', '--rm', '--no-deps', 'short', 'sh', '-c', 'tty; read word; echo $word; exit 6');
    await other.until(/\/dev\/pts\/\d+/);
    other.write('typed\n');
    assert.equal((await other.ended()).code, 6);
    assert.match(other.stdout, /typed\r\ntyped/);
  });

  test('what is piped into run arrives, and its end too', async () => {
    const running = project.start('run', '--rm', '-T', '--no-deps', 'short', 'sh', '-c', 'wc -c; exit 4');
    const text = 'x'.repeat(300_000);
    running.child.stdin.end(text);
    const [code] = await once(running.child, 'close') as [number];
    assert.deepEqual([code, running.stdout.trim()], [4, String(text.length)]);
  });
});
