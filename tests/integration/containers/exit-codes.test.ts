import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Box } from './box.ts';

describe('how a container ends', () => {
  let box: Box;
  before(async () => { box = await Box.open(); });
  after(() => box[Symbol.asyncDispose]());

  test('its exit code is the command\'s, and 128+n when signal n ended it', async () => {
    assert.equal((await box.sh('exit 42')).exitCode, 42);
    // The first process of a namespace is spared by signals it does not handle: a child tells.
    assert.equal((await box.sh('sh -c "kill -SEGV \\$\\$"; exit $?')).exitCode, 139);
  });

  test('stdout and stderr stay apart', async () => {
    const { stdout, stderr } = await box.sh('echo out; echo err >&2');
    assert.deepEqual([stdout, stderr], ['out\n', 'err\n']);
  });

  const failures: [string[], number, RegExp][] = [
    [['nope'], 127, /executable file not found in \$PATH/],
    [['/no/such'], 127, /no such file or directory/],
    [['/etc/passwd'], 126, /permission denied/],
    [['/tmp'], 126, /permission denied/],
  ];
  for (const [cmd, exitCode, sentence] of failures) {
    test(`${cmd[0]} cannot be started: ${exitCode}, with the reason kept and nothing left running`, async () => {
      const id = await box.create({ Cmd: cmd });
      const answer = await box.daemon.request('POST', `/containers/${id}/start`);
      assert.equal(answer.status, 400);
      assert.match(answer.text, sentence);
      const { State } = await box.inspect(id);
      assert.deepEqual([State.Status, State.ExitCode, State.Pid], ['created', exitCode, 0]);
      assert.match(State.Error, sentence);
      // Nothing stands in the way of trying again, or of removing it.
      assert.equal((await box.daemon.request('POST', `/containers/${id}/start`)).status, 400);
      assert.equal((await box.daemon.request('DELETE', `/containers/${id}`)).status, 204);
    });
  }

  for (const [title, content, reason] of [
    ['whose interpreter is missing', '#!/no/such/interpreter\n', 'no such file or directory'],
    ['of an unknown format', '\x7fELF and nothing more', 'exec format error'],
    ['without a byte in it', '', 'exec format error'],
  ] as const) {
    test(`a program ${title} ends with Docker's words on its stderr, and 255, as a container and as an exec`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'gantry-program-'));
      try {
        writeFileSync(join(folder, 'program'), content, { mode: 0o755 });
        const HostConfig = { Binds: [`${folder}:/given:ro`] };
        const sentence = `exec /given/program: ${reason}\n`;
        const id = await box.start({ Cmd: ['/given/program'], HostConfig });
        assert.deepEqual([await box.wait(id), await box.output(id)], [255, { stdout: '', stderr: sentence }]);
        const host = await box.start({ Cmd: ['sleep', '1000'], HostConfig });
        assert.deepEqual(await box.exec(host, ['/given/program']), { exitCode: 255, stdout: '', stderr: sentence });
        for (const each of [id, host]) await box.ok('DELETE', `/containers/${each}?force=1`);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  test('an unknown user is refused with Docker\'s sentence', async () => {
    const id = await box.create({ Cmd: ['true'], User: 'nosuch' });
    const answer = await box.daemon.request('POST', `/containers/${id}/start`);
    assert.match(answer.text, /unable to find user nosuch: no matching entries in passwd file/);
  });

  test('the kernel ends what takes more memory than it may: 137 and OOMKilled', async () => {
    const { id, exitCode } = await box.sh('x=a; while :; do x=$x$x; done', { HostConfig: { Memory: 16 * 1024 * 1024 } });
    assert.equal(exitCode, 137);
    assert.equal((await box.inspect(id)).State.OOMKilled, true);
  });

  test('the kernel refuses more processes than the limit', async () => {
    const { stderr } = await box.sh('for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; echo', { HostConfig: { PidsLimit: 4 } });
    assert.match(stderr, /can't fork/);
  });

  test('stop asks with the stop signal, and kills after the timeout', async () => {
    const polite = await box.start({ Cmd: ['sh', '-c', 'trap "exit 5" USR1; echo ready; while :; do sleep 0.1; done'], StopSignal: 'SIGUSR1' });
    await box.until(() => box.output(polite), ({ stdout }) => stdout === 'ready\n');
    assert.equal((await box.daemon.request('POST', `/containers/${polite}/stop?t=20`)).status, 204);
    assert.equal((await box.inspect(polite)).State.ExitCode, 5);
    const stubborn = await box.start({ Cmd: ['sleep', '1000'] });
    assert.equal((await box.daemon.request('POST', `/containers/${stubborn}/stop?t=0`)).status, 204);
    assert.equal((await box.inspect(stubborn)).State.ExitCode, 137);
    assert.equal((await box.daemon.request('POST', `/containers/${stubborn}/stop`)).status, 304);
  });

  test('kill reaches a paused container too', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'] });
    await box.ok('POST', `/containers/${id}/pause`);
    assert.equal((await box.inspect(id)).State.Status, 'paused');
    assert.equal((await box.daemon.request('POST', `/containers/${id}/pause`)).status, 409);
    await box.ok('POST', `/containers/${id}/kill`);
    assert.equal((await box.inspect(id)).State.ExitCode, 137);
    assert.equal((await box.daemon.request('POST', `/containers/${id}/kill`)).status, 409);
  });

  test('--rm takes it away, with its anonymous volumes, and who waits for that is told its code', async () => {
    const id = await box.create({ Cmd: ['sh', '-c', 'exit 3'], Volumes: { '/anon': {} }, HostConfig: { AutoRemove: true } });
    const removed = box.wait(id, 'removed');
    await box.ok('POST', `/containers/${id}/start`);
    assert.equal(await removed, 3);
    assert.equal((await box.daemon.request('GET', `/containers/${id}/json`)).status, 404);
    assert.deepEqual((await box.ok('GET', '/volumes')).json, { Volumes: [], Warnings: null });
  });

  test('a restart policy tries as often as it is told', async () => {
    const id = await box.start({ Cmd: ['sh', '-c', 'exit 4'], HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } });
    const ended = await box.until(() => box.inspect(id), ({ State }) => State.Status === 'exited');
    assert.deepEqual([ended.RestartCount, ended.State.ExitCode], [2, 4]);
  });

  test('a container that always restarts rests after a stop by hand', async () => {
    const id = await box.start({ Cmd: ['sh', '-c', 'sleep 0.05'], HostConfig: { RestartPolicy: { Name: 'always' } } });
    await box.until(() => box.inspect(id), ({ RestartCount }) => RestartCount >= 2);
    await box.daemon.request('POST', `/containers/${id}/stop?t=0`);
    const { RestartCount, State } = await box.inspect(id);
    assert.equal(State.Status, 'exited');
    assert.equal((await box.inspect(id)).RestartCount, RestartCount);
  });

  test('none has ended before it began, however short it was', async () => {
    const sortable = (time: string): string => `${time.slice(0, 19)}.${time.slice(20, -1).padEnd(9, '0')}`;
    await Promise.all(Array.from({ length: 20 }, async () => {
      const id = await box.start({ Cmd: ['true'] });
      await box.wait(id);
      const { StartedAt, FinishedAt } = (await box.inspect(id)).State;
      assert.ok(sortable(StartedAt) <= sortable(FinishedAt), `${StartedAt} ${FinishedAt}`);
    }));
  });

  test('removing what runs needs force', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'] }, 'runs');
    const refused = await box.daemon.request('DELETE', '/containers/runs');
    assert.equal(refused.status, 409);
    assert.match(refused.text, /container is running: stop the container before removing or force remove/);
    assert.equal((await box.daemon.request('DELETE', `/containers/${id}?force=1`)).status, 204);
  });
});
