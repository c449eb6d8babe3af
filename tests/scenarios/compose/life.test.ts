/** The life of a project of Compose 2, told as a person who works on it would. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Stage } from '../stage.ts';
import { missingCompose, Project } from './project.ts';

const file = (label: string): string => `
services:
  web:
    image: gantry/busybox
    command: sh -c 'echo serving; mkdir -p /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www'
    init: true
    depends_on: {store: {condition: service_healthy}, prepare: {condition: service_completed_successfully}}
    ports: ["127.0.0.1::80"]
    networks: {front: {aliases: [www]}, back: {}}
    stop_grace_period: 1s
  store:
    image: gantry/busybox
    command: sh -c 'touch /ready; exec sleep 1000'
    init: true
    labels: {edition: "${label}"}
    healthcheck: {test: ["CMD", "test", "-f", "/ready"], interval: 60s, start_period: 60s, start_interval: 100ms}
    volumes: ["data:/data", "/own"]
    networks: [back]
    stop_grace_period: 0s
  prepare:
    image: gantry/busybox
    command: sh -c 'echo prepared > /data/state'
    volumes: ["data:/data"]
    networks: [back]
  tool:
    image: gantry/busybox
    profiles: [tools]
    entrypoint: ["sh", "-c"]
    command: ["cat /data/state; echo $$MOOD; exit 7"]
    environment: {MOOD: calm}
    volumes: ["data:/data"]
    depends_on: [store]
    networks: [back]
networks: {front: {}, back: {internal: true}}
volumes: {data: {}}
`;

describe('a project of Compose 2', { skip: missingCompose }, () => {
  let stage: Stage;
  let project: Project;
  before(async () => {
    stage = await Stage.withImage();
    project = new Project(stage, { 'compose.yaml': file('first') });
  });
  after(() => stage[Symbol.asyncDispose]());

  const idOf = async (service: string, index = 1): Promise<string> => (await stage.ask<{ Id: string }>(`/containers${project.container(service, index)}/json`)).Id;
  const inStore = (script: string): Promise<string> => project.ok('exec', '-T', 'store', 'sh', '-c', script);

  test('comes up in the order of its dependencies, and says when it is well', async () => {
    await project.ok('up', '--detach', '--wait', 'web');
    const rows = (await project.ok('ps', '--all', '--format', '{{.Service}} {{.State}} {{.Health}} {{.ExitCode}}')).trim().split('\n').sort();
    assert.deepEqual(rows, ['prepare exited  0', 'store running healthy 0', 'web running  0']);
    assert.match(await project.ok('port', 'web', '80'), /^127\.0\.0\.1:\d+\n$/);
    assert.equal(await project.ok('ps', '--services', '--status', 'running').then((text) => text.trim().split('\n').sort().join()), 'store,web');
    assert.match(await project.ok('ls', '--format', 'json'), new RegExp(`"Name":"${project.name}","Status":"running\\(2\\)"`));
  });

  test('services find each other by service, alias and container name; an internal network leads nowhere', async () => {
    for (const name of ['web', project.container('web').slice(1)]) assert.match(await inStore(`until wget -qO- http://${name}/; do sleep 0.1; done`), /^[0-9a-f]{12}\n$/);
    const { code } = await project.run('exec', '-T', 'store', 'ping', '-c', '1', '-W', '1', 'www');
    assert.notEqual(code, 0, 'www is a name of the other network');
    assert.equal((await inStore('ip route | grep -c default || true')).trim(), '0');
  });

  test('exec hands input, output, errors, environment and the exit code over', async () => {
    const running = project.start('exec', '-T', '-e', 'NAME=value', '-w', '/tmp', '-u', '7', 'store', 'sh', '-c', 'cat; pwd; id -u; echo $NAME; echo oops >&2; exit 9');
    running.child.stdin.end('typed\n');
    const { code, stdout, stderr } = await running.ended();
    assert.deepEqual([code, stdout], [9, 'typed\n/tmp\n7\nvalue\n']);
    assert.match(stderr, /^oops\n/);
  });

  test('a second up leaves alone what has not changed', async () => {
    const [web, store] = [await idOf('web'), await idOf('store')];
    await project.ok('up', '--detach', 'web');
    assert.deepEqual([await idOf('web'), await idOf('store')], [web, store]);
  });

  test('what has changed is made anew with its anonymous volumes, unless others are wanted', async () => {
    const [web, store] = [await idOf('web'), await idOf('store')];
    await inStore('echo mine > /own/kept');
    project.write('compose.yaml', file('second'));
    await project.ok('up', '--detach', '--wait', '--no-deps', 'store');
    assert.notEqual(await idOf('store'), store);
    assert.equal(await idOf('web'), web);
    assert.equal(await inStore('cat /own/kept'), 'mine\n');
    await project.ok('up', '--detach', '--wait', '--no-deps', '--force-recreate', '--renew-anon-volumes', 'store');
    assert.equal(await inStore('ls /own; cat /data/state'), 'prepared\n');
  });

  test('run makes a container for one command and leaves nothing of it', async () => {
    const before = await stage.containers();
    const ran = await project.run('run', '--rm', '-T', 'tool');
    assert.deepEqual([ran.code, ran.stdout], [7, 'prepared\ncalm\n']);
    const other = await project.run('run', '--rm', '-T', '--no-deps', '-e', 'MOOD=wild', '--entrypoint', 'sh', 'tool', '-c', 'echo $MOOD');
    assert.deepEqual([other.code, other.stdout], [0, 'wild\n']);
    assert.deepEqual(await stage.containers(), before);
  });

  test('scales up and down, and every one of them has the name', async () => {
    await project.ok('up', '--detach', '--no-deps', '--no-recreate', '--scale', 'store=3', 'store');
    const addresses = await project.ok('exec', '-T', 'web', 'nslookup', 'store');
    assert.equal(new Set(addresses.match(/\d+\.\d+\.\d+\.\d+/g)?.filter((address) => address !== '127.0.0.11')).size, 3);
    await project.ok('scale', 'store=1');
    assert.deepEqual((await stage.containers()).filter((name) => name.includes('-store-')), [project.container('store').slice(1)]);
  });

  test('pauses, kills, stops, starts and restarts', async () => {
    const state = async (): Promise<string> => (await project.ok('ps', '--all', '--format', '{{.State}} {{.ExitCode}}', 'store')).trim();
    await project.ok('pause', 'store');
    assert.equal(await state(), 'paused 0');
    assert.equal((await project.run('exec', '-T', 'store', 'true')).code, 1);
    await project.ok('unpause', 'store');
    await project.ok('kill', '--signal', 'TERM', 'store');
    await project.run('wait', 'store');
    assert.equal(await state(), 'exited 143');
    await project.ok('start', 'store');
    assert.equal(await state(), 'running 0');
    const startedAt = async (): Promise<string> => (await stage.ask<{ State: { StartedAt: string } }>(`/containers${project.container('store')}/json`)).State.StartedAt;
    const first = await startedAt();
    await project.ok('restart', '--timeout', '0', 'store');
    assert.notEqual(await startedAt(), first);
    await project.ok('stop', '--timeout', '0', 'store');
    assert.match(await state(), /^exited 1(37|43)$/);
  });

  test('tells logs, processes, images and figures', async () => {
    assert.equal(await project.ok('logs', '--no-log-prefix', 'web'), 'serving\n');
    assert.match(await project.ok('logs', '--timestamps', 'web'), /^web-1 +\| \d{4}-\d\d-\d\dT[\d:.]+Z serving\n$/);
    assert.match(await project.ok('top', 'web'), /httpd -f -p 80/);
    assert.match(await project.ok('images', 'web'), /gantry\/busybox +latest/);
    assert.match(await project.ok('stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}}', 'web'), new RegExp(`${project.name}-web-1 \\d`));
  });

  test('copies files both ways', async () => {
    project.write('given.txt', 'given\n');
    await project.ok('cp', 'given.txt', 'web:/tmp/there.txt');
    await project.ok('cp', 'web:/tmp/there.txt', 'back.txt');
    assert.equal(readFileSync(join(project.folder, 'back.txt'), 'utf8'), 'given\n');
    const { code, stderr } = await project.run('cp', 'web:/none', '.');
    assert.equal(code, 1);
    assert.match(stderr, /Could not find the file \/none in container/);
  });

  test('takes everything down, what the file does not name any more too', async () => {
    project.write('compose.yaml', file('second').replace(/ {2}prepare:[^]*? {2}tool:/, '  tool:').replace(', prepare: {condition: service_completed_successfully}', ''));
    assert.match((await project.run('up', '--detach', '--no-deps', 'web')).stderr, /Found orphan containers/);
    await project.ok('up', '--detach', '--no-deps', '--remove-orphans', 'web');
    assert.ok(!(await stage.containers()).some((name) => name.includes('prepare')));
    await project.down();
    assert.deepEqual(await stage.containers(), []);
    // Those that were renewed, or scaled down, are nobody's, and stay as with Docker.
    const own = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project.name}`] }));
    assert.deepEqual((await stage.ask<{ Volumes: unknown[] }>(`/volumes?filters=${own}`)).Volumes, []);
    assert.deepEqual((await stage.ask<{ Name: string }[]>('/networks')).map(({ Name }) => Name).sort(), ['bridge', 'host', 'none']);
  });
});
