import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { json } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { cgroupMounts, removeCgroup } from '../../../src/host/cgroups.ts';
import { findProgram } from '../../../src/host/find-program.ts';
import { runProgram } from '../../../src/host/run-program.ts';
import { Engine } from '../../conformance/engine.ts';
import { gantryProgram, startDaemonIn } from '../../support/daemon.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Box } from '../containers/box.ts';

// Where both versions are, one holds the controllers.
const { mountPoint } = (cgroupMounts().find(({ controllers }) => controllers.includes('pids')) ?? cgroupMounts().find(({ version }) => version === 2))!;
const crun = findProgram('crun') ?? findProgram('runc')!;

describe('settings that change', () => {
  // It goes with the daemon.
  const folder = mkdtempSync(join(tmpdir(), 'gantry-settings-'));
  const file = join(folder, 'daemon.json');
  const [first, second] = [`/${basename(folder)}-1`, `/${basename(folder)}-2`];
  let box: Box;
  const say = (settings: object): void => writeFileSync(file, JSON.stringify(settings));
  /** Exchanges them in the daemon that runs. */
  const hup = async (settings: object): Promise<void> => {
    const marks = (): number => box.daemon.log.split(/settings read again|settings stay as they are/).length;
    const before = marks();
    say(settings);
    process.kill(box.daemon.pid, 'SIGHUP');
    while (marks() === before) await setTimeout(10);
  };
  const hostConfig = async (id: string): Promise<Record<string, unknown>> => (await box.inspect(id)).HostConfig;
  const info = async (): Promise<Record<string, any>> => (await box.ok('GET', '/info')).json as Record<string, any>;

  before(async () => {
    say({ 'default-ulimits': { nofile: { Name: 'nofile', Soft: 300, Hard: 300 } }, 'no-new-privileges': true, 'cgroup-parent': first });
    box = await Box.of(await startDaemonIn(folder, { args: ['--config-file', file] }));
  });
  after(async () => {
    await box?.[Symbol.asyncDispose]();
    for (const parent of [first, second]) removeCgroup(cgroupMounts(), parent);
  });

  test('over a restart: limits are those of the next start, privileges those of the create, and what runs stays where it is', async () => {
    const look = ['sh', '-c', 'ulimit -n; grep NoNewPrivs /proc/self/status'];
    const made = await box.create({ Cmd: look, HostConfig: { Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }] } });
    const running = await box.start({ Cmd: ['sleep', '1000'] });
    say({ 'default-ulimits': { nofile: { Name: 'nofile', Soft: 333, Hard: 333 } }, 'cgroup-parent': second });
    await box.daemon.restart();
    assert.deepEqual((await hostConfig(made))['Ulimits'], [{ Name: 'core', Hard: 0, Soft: 0 }, { Name: 'nofile', Hard: 333, Soft: 333 }]);
    await box.ok('POST', `/containers/${made}/start`);
    assert.equal(await box.wait(made), 0);
    assert.match((await box.output(made)).stdout, /^333\nNoNewPrivs:\s+1\n$/);
    assert.match((await box.sh(look[2]!)).stdout, /^333\nNoNewPrivs:\s+0\n$/);
    // Frozen, counted and ended where it was started.
    await box.ok('POST', `/containers/${running}/pause`);
    await box.ok('POST', `/containers/${running}/unpause`);
    assert.equal(((await box.ok('GET', `/containers/${running}/top`)).json as { Processes: string[][] }).Processes.length, 1);
    assert.equal(((await box.ok('GET', `/containers/${running}/stats?stream=0`)).json as { pids_stats: { current: number } }).pids_stats.current, 1);
    const place = join(mountPoint, first, running);
    assert.ok(existsSync(place));
    await box.ok('DELETE', `/containers/${running}?force=1`);
    assert.ok(!existsSync(place));
    const next = await box.start({ Cmd: ['sleep', '1000'] });
    assert.ok(existsSync(join(mountPoint, second, next)));
    await box.ok('DELETE', `/containers/${next}?force=1`);
  });

  test('by SIGHUP: what containers get at their create, and the runtimes there are', async () => {
    await hup({ 'default-shm-size': '9m', 'default-ipc-mode': 'shareable', 'default-cgroupns-mode': 'private', runtimes: { other: { path: crun } }, 'default-runtime': 'other', 'shutdown-timeout': 7 });
    const { IpcMode, CgroupnsMode, ShmSize, Runtime } = await hostConfig(await box.create({ Cmd: ['true'] }));
    assert.deepEqual({ IpcMode, CgroupnsMode, ShmSize, Runtime }, { IpcMode: 'shareable', CgroupnsMode: 'private', ShmSize: 9 << 20, Runtime: 'other' });
    assert.equal((await box.sh('df -k /dev/shm | tail -n 1 | tr -s " " | cut -d " " -f 2')).stdout, '9216\n');
    const { DefaultRuntime, Runtimes, SecurityOptions } = await info();
    assert.deepEqual([DefaultRuntime, Runtimes['other'].path, SecurityOptions.includes('name=cgroupns')], ['other', crun, true]);
    const until = Math.ceil(Date.now() / 1000) + 1;
    const { text } = await box.ok('GET', `/events?since=0&until=${until}&filters={"type":["daemon"]}`);
    const { Attributes } = (JSON.parse(text.trim().split('\n').at(-1)!) as { Actor: { Attributes: Record<string, string> } }).Actor;
    assert.deepEqual(
      ['default-runtime', 'runtimes', 'default-shm-size', 'default-ipc-mode', 'default-cgroupns-mode', 'shutdown-timeout', 'live-restore'].map((name) => Attributes[name]),
      ['other', `other:${crun}`, '9437184', 'shareable', 'private', '7', 'true'],
    );
  });

  test('by SIGHUP to what cannot be: all stays as it is, and containers of a runtime that went still take commands', async () => {
    const running = await box.start({ Cmd: ['sleep', '1000'] });
    await hup({ 'default-runtime': 'nope', 'default-shm-size': '1m' });
    assert.match(box.daemon.log, /settings stay as they are error="specified default runtime 'nope' does not exist"/);
    assert.deepEqual([(await info())['DefaultRuntime'], (await hostConfig(await box.create({ Cmd: ['true'] })))['ShmSize']], ['other', 9 << 20]);
    await hup({});
    assert.equal((await box.exec(running, ['echo', 'still'])).stdout, 'still\n');
    const refused = await box.daemon.request('POST', '/containers/create', { Image: 'gantry/busybox', HostConfig: { Runtime: 'other' } });
    assert.deepEqual([refused.status, (refused.json as { message: string }).message], [400, 'unknown or invalid runtime name: other']);
    await box.ok('DELETE', `/containers/${running}?force=1`);
  });

  test('a runtime with arguments gets them each time; one that is not there is told to the container that names it', async () => {
    const said = join(folder, 'said');
    const script = join(folder, 'runtime.sh');
    writeFileSync(script, `#!/bin/sh\necho "$1" >> ${said}\nshift\nexec ${crun} "$@"\n`, { mode: 0o755 });
    await hup({ runtimes: { mine: { path: script, runtimeArgs: ['--mark'] }, vm: { path: '/nope/vm', runtimeArgs: ['--debug'] } } });
    const id = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { Runtime: 'mine' } });
    assert.equal((await box.exec(id, ['echo', 'inside'])).stdout, 'inside\n');
    await box.ok('DELETE', `/containers/${id}?force=1`);
    assert.equal(readFileSync(said, 'utf8'), '--mark\n--mark\n');
    assert.deepEqual((await info())['Runtimes']['mine'], { path: script, runtimeArgs: ['--mark'] });
    const refused = await box.daemon.request('POST', '/containers/create', { Image: 'gantry/busybox', HostConfig: { Runtime: 'vm' } });
    assert.deepEqual([refused.status, (refused.json as { message: string }).message], [400, 'error while looking up the specified runtime path: exec: "/nope/vm": stat /nope/vm: no such file or directory']);
  });
});

test('a request under way has its answer before the engine ends, where the settings let it take its time', async () => {
  await using box = await Box.open(['--shutdown-timeout=-1']);
  const id = await box.start({ Cmd: ['sh', '-c', 'sleep 4; exit 5'] });
  const engine = new Engine({ socketPath: box.daemon.socketPath, image: 'gantry/busybox', ours: true });
  // Its head is there: it is under way.
  const response = await engine.open('POST', `/containers/${id}/wait`);
  const ended = box.daemon.shutDown();
  assert.deepEqual(await json(response), { StatusCode: 5 });
  await ended;
});

test('what containers cannot be given is told before anything starts', async () => {
  const [program, ...args] = gantryProgram();
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'profile.json');
  writeFileSync(file, '{');
  for (const [flags, message] of [
    [['--seccomp-profile', '/nope'], /^gantry daemon: opening seccomp profile \(\/nope\) failed: open \/nope: no such file or directory\n$/],
    [['--seccomp-profile', file], /^gantry daemon: Decoding seccomp profile failed: /],
    [['--default-runtime', 'nope'], /^gantry daemon: specified default runtime 'nope' does not exist\n/],
  ] as [string[], RegExp][]) {
    const { exitCode, stderr } = await runProgram(program, [...args, 'daemon', '--root', `${folder.path}/root`, '--run', `${folder.path}/run`, ...flags]);
    assert.equal(exitCode, 1);
    assert.match(stderr, message);
  }
  const judged = await runProgram(program, [...args, 'daemon', '--validate', '--seccomp-profile', file]);
  assert.deepEqual([judged.exitCode, /Decoding seccomp profile failed/.test(judged.stderr)], [1, true]);
});
