import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Box } from './box.ts';

/** What a client reads must not depend on which OCI runtime the host has, nor on its version. */
for (const Runtime of ['crun', 'runc']) {
  describe(`containers of ${Runtime}`, () => {
    let box: Box;
    let id: string;
    before(async () => {
      box = await Box.open(['--default-runtime', Runtime]);
      id = await box.start({ Cmd: ['sleep', '1000'] });
    });
    after(() => box[Symbol.asyncDispose]());

    test('take commands, also while others start and end, and after the daemon began anew', async () => {
      assert.deepEqual(await box.exec(id, ['echo', 'inside']), { exitCode: 0, stdout: 'inside\n', stderr: '' });
      const [ended] = await Promise.all([box.sh('echo other'), box.exec(id, ['true'])]);
      assert.equal(ended.stdout, 'other\n');
      await box.daemon.restart();
      assert.equal((await box.exec(id, ['echo', 'again'])).stdout, 'again\n');
    });

    const failures: [what: string, cmd: string[], exitCode: number, sentence: RegExp][] = [
      ['has no name', [''], 127, /process: (error during container init: )?exec: \\?"\\?": executable file not found in \$PATH/],
      ['is nowhere', ['nope'], 127, /process: (error during container init: )?exec: \\?"nope\\?": executable file not found in \$PATH/],
      ['is not there', ['/no/such'], 127, /process: (error during container init: )?exec: \\?"\/no\/such\\?": stat \/no\/such: no such file or directory/],
      ['is not executable', ['/etc/passwd'], 126, /process: (error during container init: )?exec: \\?"\/etc\/passwd\\?": permission denied/],
      ['is a directory', ['/tmp'], 126, /process: (error during container init: )?exec: \\?"\/tmp\\?": (is a directory: )?permission denied/],
      ['is below a file', ['/etc/passwd/x'], 127, /process: (error during container init: )?exec: \\?"\/etc\/passwd\/x\\?": stat \/etc\/passwd\/x: not a directory/],
    ];
    for (const [what, cmd, exitCode, sentence] of failures) {
      test(`do not start a program that ${what}: ${exitCode}, in Docker's words`, async () => {
        const created = await box.create({ Cmd: cmd });
        const answer = await box.daemon.request('POST', `/containers/${created}/start`);
        assert.equal(answer.status, 400);
        assert.match(answer.text, sentence);
        assert.equal((await box.inspect(created)).State.ExitCode, exitCode);
      });

      test(`do not take a command that ${what}: ${exitCode}`, async () => {
        const { json } = await box.ok('POST', `/containers/${id}/exec`, { Cmd: cmd, AttachStdout: true });
        const exec = (json as { Id: string }).Id;
        assert.match((await box.daemon.request('POST', `/exec/${exec}/start`, { Detach: false })).text, sentence);
        assert.equal(((await box.ok('GET', `/exec/${exec}/json`)).json as { ExitCode: number }).ExitCode, exitCode);
      });
    }

    test('have as few open files as they are told, from their first program on', async () => {
      // Of two that differ the Go of runc 1.1 raises the lower one in an exec, at times: https://github.com/opencontainers/runc/issues/4195
      const few = { HostConfig: { Ulimits: [{ Name: 'nofile', Soft: 20, Hard: 20 }] } };
      assert.deepEqual((await box.sh('echo $(ulimit -Sn) $(ulimit -Hn); ls /proc/self/fd | wc -l', few)).stdout, '20 20\n4\n');
      const running = await box.start({ Cmd: ['sleep', '1000'], ...few });
      assert.equal((await box.exec(running, ['sh', '-c', 'echo $(ulimit -Sn) $(ulimit -Hn)'])).stdout, '20 20\n');
      await box.ok('DELETE', `/containers/${running}?force=1`);
      const refused = await box.create({ Cmd: ['nope'], ...few });
      assert.equal((await box.daemon.request('POST', `/containers/${refused}/start`)).status, 400);
      assert.equal((await box.inspect(refused)).State.ExitCode, 127);
    });

    test('do not execute what has no format: 255, in Docker\'s words', async () => {
      const program = join(box.daemon.folder, 'empty');
      writeFileSync(program, '', { mode: 0o755 });
      const created = await box.start({ Cmd: ['/empty'], HostConfig: { Binds: [`${program}:/empty:ro`] } });
      assert.deepEqual([await box.wait(created), await box.output(created)], [255, { stdout: '', stderr: 'exec /empty: exec format error\n' }]);
    });

    test('do not take a command for a directory that is not there', async () => {
      const { json } = await box.ok('POST', `/containers/${id}/exec`, { Cmd: ['true'], WorkingDir: '/nope', AttachStdout: true });
      const { text } = await box.daemon.request('POST', `/exec/${(json as { Id: string }).Id}/start`, { Detach: false });
      assert.match(text, /process: chdir to cwd \(\\?"\/nope\\?"\) set in config\.json failed: no such file or directory/);
    });
  });
}
