import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { demultiplex, type Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('execs', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  const created = async (id: string, body: Record<string, unknown>): Promise<string> =>
    (await engine.expect('POST', `/containers/${id}/exec`, { body: { AttachStdout: true, AttachStderr: true, ...body }, status: 201 })).json.Id;

  async function output(exec: string): Promise<{ stdout: string; stderr: string }> {
    const { socket, head } = await engine.hijack(`/exec/${exec}/start`, { body: { Detach: false, Tty: false } });
    const chunks: Buffer[] = [head];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return demultiplex(Buffer.concat(chunks));
  }

  /** Before 25.0 whatever kept an exec from starting was 126. */
  const assertExitCode = (seen: number, today: number): void => assert.ok(seen === today || (!engine.ours && seen === 126), `${seen}, not ${today}`);

  test('the exit code is known when the stream ends', async () => {
    const id = await engine.run();
    const exec = await created(id, { Cmd: ['sh', '-c', 'echo out; echo err >&2; exit 5'] });
    assert.deepEqual(await output(exec), { stdout: 'out\n', stderr: 'err\n' });
    const { json } = await engine.expect('GET', `/exec/${exec}/json`, { status: 200 });
    assert.equal(json.ExitCode, 5);
    assert.equal(json.Running, false);
    assert.equal(json.ContainerID, id);
    assert.equal(json.ProcessConfig.entrypoint, 'sh');
  });

  test('environment, directory and user are those of the container and the request', async () => {
    const id = await engine.run({ Env: ['A=container'], WorkingDir: '/tmp' });
    const exec = await created(id, { Cmd: ['sh', '-c', 'echo $A $B; pwd; id -u'], Env: ['B=exec'], User: '1234' });
    assert.equal((await output(exec)).stdout, 'container exec\n/tmp\n1234\n');
  });

  test('a detached exec runs without a stream', async () => {
    const id = await engine.run();
    const exec = await created(id, { Cmd: ['touch', '/made'], AttachStdout: false, AttachStderr: false });
    await engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: true }, status: 200 });
    const look = await created(id, { Cmd: ['sh', '-c', 'until [ -e /made ]; do sleep 0.05; done; echo there'] });
    assert.equal((await output(look)).stdout, 'there\n');
  });

  test('create in a stopped container is 409', async () => {
    const id = await engine.create();
    await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd: ['true'] }, status: 409, message: new RegExp(`Container ${id} is not running`, 'i') });
  });

  test('without a command it is 400', async () => {
    const id = await engine.run();
    await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd: [] }, status: 400, message: /No exec command specified/i });
  });

  test('an unknown exec is 404', async () => {
    await engine.expect('GET', '/exec/nothing/json', { status: 404, message: 'No such exec instance: nothing' });
    await engine.expect('POST', '/exec/nothing/start', { body: { Detach: true }, status: 404, message: 'No such exec instance: nothing' });
  });

  test('a second start is 409, or told in the stream to whom it is attached', async () => {
    const id = await engine.run();
    const exec = await created(id, { Cmd: ['sleep', '100'], AttachStdout: true });
    await engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: true }, status: 200 });
    await engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: true }, status: 409, message: /already running|has already/ });
    const attached = await engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: false }, status: 200 });
    assert.match(attached.text, new RegExp(`^\\x01\\0\\0\\0\\0\\0\\0.[^\\r]*xec command ${exec} is already running\r\n$`));
  });

  test('a command that is not there says so', async () => {
    const id = await engine.run();
    const exec = await created(id, { Cmd: ['no-such-command'] });
    const answer = await engine.call('POST', `/exec/${exec}/start`, { body: { Detach: false } });
    assert.match(answer.text, /executable file not found in \$PATH|no such file/);
    assertExitCode((await engine.call('GET', `/exec/${exec}/json`)).json.ExitCode, 127);
  });

  test('inspect shows the container\'s user where none was asked for, and the command in two parts', async () => {
    const id = await engine.run({ User: '5:6' });
    const exec = await created(id, { Cmd: ['sh', '-c', 'true'], AttachStdin: true });
    const { json } = await engine.expect('GET', `/exec/${exec}/json`, { status: 200 });
    assert.deepEqual(json.ProcessConfig, { tty: false, entrypoint: 'sh', arguments: ['-c', 'true'], privileged: false, user: '5:6' });
    assert.deepEqual([json.Running, json.ExitCode, json.OpenStdin, json.OpenStdout, json.OpenStderr, json.CanRemove, json.Pid], [false, null, true, true, true, false, 0]);
  });

  test('the first group of a process is among its others, in the container and in an exec', async () => {
    const groups = 'grep Groups: /proc/self/status';
    assert.match((await engine.finished({ User: '5:6', Cmd: ['sh', '-c', groups] })).stdout, /^Groups:\s*6\s*$/);
    const id = await engine.run();
    assert.match((await output(await created(id, { Cmd: ['sh', '-c', groups], User: '7:8' }))).stdout, /^Groups:\s*8\s*$/);
    assert.match((await output(await created(id, { Cmd: ['sh', '-c', groups] }))).stdout, /^Groups:\s*0\b/);
  });

  for (const [what, request, message, exitCode] of [
    ['a directory that is not there', { Cmd: ['pwd'], WorkingDir: '/nope' }, /chdir to cwd \("\/nope"\) set in config\.json failed: no such file or directory/, 127],
    ['a relative directory', { Cmd: ['pwd'], WorkingDir: 'etc' }, /OCI runtime exec failed: exec failed: Cwd must be an absolute path/, 128],
    ['a program without a name', { Cmd: [''] }, /exec: "": executable file not found in \$PATH/, 127],
    ['a file that is no program', { Cmd: ['/etc/passwd'] }, /exec: "\/etc\/passwd": permission denied/, 126],
    ['a directory as program', { Cmd: ['/etc'] }, /exec: "\/etc": .*permission denied/, 126],
  ] as const) {
    test(`${what} is told in the stream, and the exit code is ${exitCode}`, async () => {
      const id = await engine.run();
      const exec = await created(id, request);
      assert.match((await engine.call('POST', `/exec/${exec}/start`, { body: { Detach: false } })).text, message);
      assertExitCode((await engine.expect('GET', `/exec/${exec}/json`, { status: 200 })).json.ExitCode, exitCode);
    });
  }

  for (const [user, message] of [
    ['nosuch', 'unable to find user nosuch: no matching entries in passwd file'], ['root:nosuch', 'unable to find group nosuch: no matching entries in group file'],
    ['-5', 'uids and gids must be in range 0-2147483647'],
  ] as const) {
    test(`the user ${user} is refused when the exec is made`, async () => {
      const id = await engine.run();
      const made = await engine.call('POST', `/containers/${id}/exec`, { body: { Cmd: ['id'], User: user, AttachStdout: true } });
      // 20.10 looks for the user when it starts.
      const said = made.status === 201 && !engine.ours ? await engine.call('POST', `/exec/${made.json.Id}/start`, { body: { Detach: true } }) : made;
      assert.deepEqual([said.status === 500 && !engine.ours ? 400 : said.status, said.json.message], [400, message]);
    });
  }

  test('a terminal takes its size from the moment it is attached, also while its process is on the way', async () => {
    const id = await engine.run();
    for (let round = 0; round < 3; round++) {
      const exec = await created(id, { Cmd: ['sh', '-c', 'read go; stty size'], AttachStdin: true, AttachStdout: true, Tty: true });
      const { socket, head } = await engine.hijack(`/exec/${exec}/start`, { body: { Tty: true } });
      await engine.expect('POST', `/exec/${exec}/resize`, { query: { h: 33, w: 99 }, status: 200 });
      socket.unshift(head);
      socket.write('go\n');
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      assert.match(Buffer.concat(chunks).toString(), /^33 99\r$/m);
      await engine.expect('POST', `/exec/${exec}/resize`, { query: { h: 33, w: 99 }, status: [404, 400, 500] });
    }
  });

  test('what cannot be an exec is refused', async () => {
    const id = await engine.run();
    await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd: ['true'], DetachKeys: 'bad keys' }, status: [400, 500], message: 'Invalid escape keys (bad keys) provided' });
    await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd: 'true' }, status: [400, 500], message: /cannot unmarshal string into Go struct field Exec\w+\.Cmd of type \[\]string/ });
    const exec = await created(id, { Cmd: ['true'] });
    await engine.expect('POST', `/exec/${exec}/resize`, { query: { h: 'x', w: 1 }, status: 400, message: /invalid syntax$/ });
    await engine.expect('POST', '/exec/nothing/resize', { query: { h: 1, w: 1 }, status: 404, message: /[Nn]o such exec/ });
    await engine.expect('POST', `/containers/${id}/pause`, { status: 204 });
    const start = await engine.call('POST', `/exec/${exec}/start`, { body: { Detach: true } });
    await engine.expect('POST', `/containers/${id}/unpause`, { status: 204 });
    assert.equal(start.status, 409, start.text);
  });

  test('inspect of the container lists its running execs', async () => {
    const id = await engine.run();
    assert.equal((await engine.inspect(id)).ExecIDs, null);
    const exec = await created(id, { Cmd: ['sleep', '100'] });
    await engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: true }, status: 200 });
    assert.deepEqual((await engine.inspect(id)).ExecIDs, [exec]);
  });
});
