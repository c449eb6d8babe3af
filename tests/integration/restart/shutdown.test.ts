import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { census, censusDifference } from '../../support/census.ts';
import { gantryProgram, TestDaemon } from '../../support/daemon.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { instanceIdOf } from '../../../src/daemon/config.ts';
import { runProgram } from '../../../src/host/run-program.ts';
import { Box } from '../containers/box.ts';

test('a daemon without containers leaves the kernel as it found it', async () => {
  const before = census();
  let marks: string[];
  {
    await using box = await Box.open();
    marks = [box.daemon.folder, instanceIdOf(box.daemon.root)];
    await box.sh('true', { HostConfig: { AutoRemove: false, PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1' }] } } });
    await box.sh('true', { HostConfig: { Binds: ['data:/v'], IpcMode: 'shareable' } });
  }
  // Other daemons of other tests come and go meanwhile; the census after the suite sees the rest.
  assert.deepEqual(await censusDifference(before, { concerns: (entry) => marks.some((mark) => entry.includes(mark)) }), []);
});

test('the socket is for root and a group alone, and the folders are for root', async () => {
  await using box = await Box.open();
  assert.equal(statSync(box.daemon.socketPath).mode & 0o777, 0o660);
  assert.equal(statSync(box.daemon.root).mode & 0o777, 0o700);
  assert.equal(statSync(`${box.daemon.runFolder}/containers`).mode & 0o777, 0o700);
});

test('a second daemon on the same root, or the same run folder, is refused and told why; the first goes on', async () => {
  await using box = await Box.open();
  const [program, ...args] = gantryProgram();
  const { root, runFolder, folder } = box.daemon;
  for (const [itsRoot, itsRun] of [[root, `${runFolder}2`], [`${root}2`, runFolder]] as [string, string][]) {
    const second = await runProgram(program, [...args, 'daemon', '--root', itsRoot, '--run', itsRun, '--host', `unix://${folder}/second.sock`]);
    assert.equal(second.exitCode, 1);
    assert.match(second.stderr, /daemon\.lock is held by process \d+\nAnother daemon works there: .*\n$/);
  }
  assert.equal((await box.daemon.request('GET', '/_ping')).status, 200);
});

test('what the settings name and the host does not have is told before anything starts', async () => {
  const [program, ...args] = gantryProgram();
  await using folder = await temporaryFolder();
  const refused = await runProgram(program, [...args, 'daemon', '--root', `${folder.path}/root`, '--run', `${folder.path}/run`, '--tls', '--tlscert', '/no/cert', '--tlskey', '/no/key']);
  assert.deepEqual([refused.exitCode, refused.stderr], [1, "gantry daemon: tlscert cannot be read: ENOENT: no such file or directory, open '/no/cert'\n"]);
  assert.deepEqual(readdirSync(folder.path), []);
  const judged = await runProgram(program, [...args, 'daemon', '--validate', '--tls', '--tlscert', '/no/cert', '--tlskey', '/no/key']);
  assert.deepEqual([judged.exitCode, judged.stderr], [1, refused.stderr]);
  const runtime = await runProgram(program, [...args, 'daemon', '--validate', '--add-runtime', 'mine=/no/runtime']);
  assert.deepEqual([runtime.exitCode, runtime.stderr], [1, 'gantry daemon: the runtime mine is not at /no/runtime\n']);
});

test('a file that is no socket is left where it is', async () => {
  const [program, ...args] = gantryProgram();
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'file');
  writeFileSync(file, 'mine');
  const refused = await runProgram(program, [...args, 'daemon', '--root', `${folder.path}/root`, '--run', `${folder.path}/run`, '--host', `unix://${file}`]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /gantry daemon: \S+\/file is in the way: it is no socket\n$/);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
});

test('the API is not served on tcp without TLS, unless that is said', async () => {
  const [program, ...args] = gantryProgram();
  await using box = await Box.open();
  const refused = await runProgram(program, [...args, 'daemon', '--root', `${box.daemon.root}3`, '--run', `${box.daemon.runFolder}3`, '--host', 'tcp://127.0.0.1:0']);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /refusing to serve the API .* without TLS/);
});

test('SIGHUP exchanges the settings that it can, names the others, and ends no daemon by wrong ones', async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/daemon.json`;
  writeFileSync(file, '{"labels": ["a=old"]}');
  await using box = await Box.open(['--config-file', file]);
  const labels = async (): Promise<unknown> => ((await box.daemon.request('GET', '/info')).json as { Labels: string[] }).Labels;
  const said = async (pattern: RegExp): Promise<void> => { while (!pattern.test(box.daemon.log)) await setTimeout(20); };
  assert.deepEqual(await labels(), ['a=old']);
  writeFileSync(file, '{"labels": ["a=new"], "debug": true, "init": true}');
  process.kill(box.daemon.pid, 'SIGHUP');
  await said(/settings read again takesRestart=\["init"\]/);
  assert.deepEqual(await labels(), ['a=new']);
  const until = Math.ceil(Date.now() / 1000) + 1;
  assert.match((await box.daemon.request('GET', `/events?since=0&until=${until}&filters={"type":["daemon"]}`)).text, /"Action":"reload".*"labels":"\[\\"a=new\\"\]"/);
  writeFileSync(file, '{');
  process.kill(box.daemon.pid, 'SIGHUP');
  await said(/settings stay as they are error=.*unable to configure the Docker daemon/);
  assert.deepEqual(await labels(), ['a=new']);
});

test('SIGHUP to a daemon that is about to be ready exchanges the settings once it is', async () => {
  await using folder = await temporaryFolder();
  const [file, pidFile] = [`${folder.path}/daemon.json`, `${folder.path}/pid`];
  writeFileSync(file, '{"labels": ["a=old"]}');
  await using daemon = new TestDaemon(join(folder.path, 'daemon'), { args: ['--config-file', file, '--pidfile', pidFile] });
  mkdirSync(daemon.folder);
  const started = daemon.start();
  // It has read its settings by then, and is not ready.
  while (!existsSync(pidFile)) await setTimeout(1);
  writeFileSync(file, '{"labels": ["a=new"]}');
  process.kill(daemon.pid, 'SIGHUP');
  await started;
  while (!daemon.log.includes('settings read again')) await setTimeout(20);
  assert.deepEqual(((await daemon.request('GET', '/info')).json as { Labels: string[] }).Labels, ['a=new']);
});
