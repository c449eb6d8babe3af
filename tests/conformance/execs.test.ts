import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { demultiplex, type Engine } from './engine.ts';
import { openTarget, type Target } from './target.ts';

describe('execs', () => {
  let target: Target;
  let engine: Engine;
  before(async () => {
    target = await openTarget();
    engine = target.engine;
  });
  afterEach(() => engine.clean());
  after(() => target.close());

  const created = async (id: string, body: Record<string, unknown>): Promise<string> =>
    (await engine.expect('POST', `/containers/${id}/exec`, { body: { AttachStdout: true, AttachStderr: true, ...body }, status: 201 })).json.Id;

  async function output(exec: string): Promise<{ stdout: string; stderr: string }> {
    const { socket, head } = await engine.hijack(`/exec/${exec}/start`, { body: { Detach: false, Tty: false } });
    const chunks: Buffer[] = [head];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return demultiplex(Buffer.concat(chunks));
  }

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

  test('a second start is 409', async () => {
    const id = await engine.run();
    const exec = await created(id, { Cmd: ['sleep', '100'] });
    await engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: true }, status: 200 });
    await engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: true }, status: 409, message: /already running|has already/ });
  });

  test('a command that is not there says so', async () => {
    const id = await engine.run();
    const exec = await created(id, { Cmd: ['no-such-command'] });
    const answer = await engine.call('POST', `/exec/${exec}/start`, { body: { Detach: false } });
    assert.match(answer.text, /executable file not found in \$PATH|no such file/);
    assert.equal((await engine.call('GET', `/exec/${exec}/json`)).json.ExitCode, engine.ours ? 127 : 126);
  });

  test('inspect of the container lists its running execs', async () => {
    const id = await engine.run();
    assert.equal((await engine.inspect(id)).ExecIDs, null);
    const exec = await created(id, { Cmd: ['sleep', '100'] });
    await engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: true }, status: 200 });
    assert.deepEqual((await engine.inspect(id)).ExecIDs, [exec]);
  });
});
