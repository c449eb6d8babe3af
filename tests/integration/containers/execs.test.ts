import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Box } from './box.ts';

describe('commands in a container that runs', () => {
  let box: Box;
  let id: string;
  before(async () => {
    box = await Box.open();
    id = await box.start({ Cmd: ['sleep', '1000'], Env: ['FROM=container'], WorkingDir: '/tmp' }, 'host');
  });
  after(() => box[Symbol.asyncDispose]());

  test('have the exit code at hand when their stream ends', async () => {
    for (let round = 0; round < 10; round++) assert.equal((await box.exec(id, ['sh', '-c', `exit ${round}`])).exitCode, round);
  });

  test('have the container\'s environment and directory, with their own over it', async () => {
    const { stdout, stderr } = await box.exec(id, ['sh', '-c', 'echo $FROM $MINE; pwd; id -u; echo err >&2'], { Env: ['MINE=exec'], WorkingDir: '/etc', User: '99' });
    assert.deepEqual([stdout, stderr], ['container exec\n/etc\n99\n', 'err\n']);
    assert.equal((await box.exec(id, ['pwd'])).stdout, '/tmp\n');
  });

  test('have the container\'s limits on what they may do', async () => {
    const { stdout } = await box.exec(id, ['grep', '-E', 'CapEff|Seccomp:', '/proc/self/status']);
    assert.match(stdout, /CapEff:\s+00000000a80425fb\nSeccomp:\s+2/);
    assert.doesNotMatch((await box.exec(id, ['grep', 'CapEff', '/proc/self/status'], { Privileged: true })).stdout, /00000000a80425fb/);
  });

  test('that cannot be started say so, and are over', async () => {
    const { json } = await box.ok('POST', `/containers/${id}/exec`, { Cmd: ['nope'], AttachStdout: true });
    const exec = (json as { Id: string }).Id;
    const answer = await box.daemon.request('POST', `/exec/${exec}/start`, { Detach: false });
    assert.match(answer.text, /OCI runtime exec failed: exec failed.*executable file not found in \$PATH/);
    const { Running, ExitCode } = (await box.ok('GET', `/exec/${exec}/json`)).json as { Running: boolean; ExitCode: number };
    assert.deepEqual([Running, ExitCode], [false, 127]);
    assert.equal((await box.daemon.request('POST', `/exec/${exec}/start`, { Detach: true })).status, 409);
  });

  test('are refused in a paused container and in one that does not run', async () => {
    await box.ok('POST', `/containers/${id}/pause`);
    const paused = await box.daemon.request('POST', `/containers/${id}/exec`, { Cmd: ['true'] });
    await box.ok('POST', `/containers/${id}/unpause`);
    assert.equal(paused.status, 409);
    assert.match(paused.text, /is paused, unpause the container before exec/);
    const created = await box.create({ Cmd: ['true'] });
    assert.equal((await box.daemon.request('POST', `/containers/${created}/exec`, { Cmd: ['true'] })).status, 409);
  });

  test('are refused in one that has ended and whose end nobody has told yet', async () => {
    const ending = await box.start({ Cmd: ['sleep', '1000'] });
    const { State } = await box.inspect(ending);
    const monitor = Number(readFileSync(join(box.daemon.runFolder, 'monitor.lock'), 'utf8'));
    process.kill(monitor, 'SIGSTOP'); // it is who would tell
    try {
      process.kill(State.Pid, 'SIGKILL');
      while (existsSync(`/proc/${State.Pid}/root`)) await setImmediate();
      const { json } = await box.ok('POST', `/containers/${ending}/exec`, { Cmd: ['true'] });
      const { status, text } = await box.daemon.request('POST', `/exec/${(json as { Id: string }).Id}/start`, { Detach: true });
      assert.deepEqual([status, text.trim()], [409, JSON.stringify({ message: `container ${ending} is not running` })]);
    } finally {
      process.kill(monitor, 'SIGCONT');
    }
  });

  test('end with their container', async () => {
    const own = await box.start({ Cmd: ['sleep', '1000'] });
    const running = box.exec(own, ['sleep', '1000']);
    // What is about to be the command is not counted.
    const commands = async (): Promise<(string | undefined)[]> => ((await box.ok('GET', `/containers/${own}/top`)).json as { Processes: string[][] }).Processes.map((row) => row.at(-1));
    await box.until(commands, (found) => found.filter((command) => command === 'sleep 1000').length === 2);
    await box.ok('POST', `/containers/${own}/kill`);
    assert.equal((await running).exitCode, 137);
  });
});
