import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('signals to containers that do not simply run', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  /** Says `ready` when its traps are set. */
  const trapping = (traps: string): { Cmd: string[] } => ({ Cmd: ['sh', '-c', `${traps}; echo ready; while :; do sleep 0.1; done`] });

  async function paused(config: object): Promise<string> {
    const id = await engine.run({ ...config });
    await engine.logged(id, 'ready');
    await engine.expect('POST', `/containers/${id}/pause`, { status: 204 });
    return id;
  }

  test('one that is paused and names no stop signal wakes for any', async () => {
    const id = await paused(trapping("trap 'echo usr1' USR1"));
    await engine.expect('POST', `/containers/${id}/kill`, { query: { signal: 'USR1' }, status: 204 });
    await engine.logged(id, 'usr1');
    const { State } = await engine.inspect(id);
    assert.deepEqual([State.Status, State.Paused], ['running', false]);
    await engine.expect('POST', `/containers/${id}/unpause`, { status: 500, message: /is not paused$/ });
  });

  test('one that is paused wakes for its stop signal alone, when it names one', async () => {
    const id = await paused({ ...trapping("trap 'echo usr1' USR1; trap 'exit 5' USR2"), StopSignal: 'SIGUSR2' });
    await engine.expect('POST', `/containers/${id}/kill`, { query: { signal: 'USR1' }, status: 204 });
    assert.equal((await engine.inspect(id)).State.Status, 'paused');
    await engine.expect('POST', `/containers/${id}/kill`, { query: { signal: 'USR2' }, status: 204 });
    const { json } = await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
    assert.equal(json.StatusCode, 5);
  });

  test('a stop wakes one that is paused, so that it may end well', async () => {
    const id = await paused(trapping("trap 'exit 7' TERM"));
    await engine.expect('POST', `/containers/${id}/stop`, { query: { t: 60 }, status: 204 });
    assert.equal((await engine.inspect(id)).State.ExitCode, 7);
  });

  test('a stop waits for longer than a timer of 32 bits can', async () => {
    const id = await engine.run(trapping("trap 'exit 7' TERM"));
    await engine.logged(id, 'ready');
    await engine.expect('POST', `/containers/${id}/stop`, { query: { t: 2_147_484 }, status: 204 });
    assert.equal((await engine.inspect(id)).State.ExitCode, 7);
  });

  for (const [verb, query] of [['kill', {}], ['kill', { signal: 'TERM' }], ['stop', {}]] as const) {
    test(`${verb} ${JSON.stringify(query)} between two runs ends the tries`, async () => {
      const id = await engine.run({ Cmd: ['sh', '-c', 'exit 3'], HostConfig: { RestartPolicy: { Name: 'always' } } });
      while ((await engine.inspect(id)).RestartCount < 5) await engine.call('POST', `/containers/${id}/wait`);
      await engine.expect('POST', `/containers/${id}/${verb}`, { query, status: 204 });
      await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
      const { State } = await engine.inspect(id);
      assert.deepEqual([State.Status, State.Restarting], ['exited', false]);
    });
  }

  test('one between two runs counts as running: it cannot be started, paused or entered', async () => {
    const id = await engine.run({ Cmd: ['sh', '-c', 'exit 3'], HostConfig: { RestartPolicy: { Name: 'always' } } });
    // From here on a pause is seconds long.
    while ((await engine.inspect(id)).RestartCount < 6 || !(await engine.inspect(id)).State.Restarting) await engine.call('POST', `/containers/${id}/wait`);
    await engine.expect('POST', `/containers/${id}/start`, { status: 304 });
    await engine.expect('POST', `/containers/${id}/pause`, { status: 409, message: /is restarting, wait until the container is running$/ });
    await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd: ['true'] }, status: 409, message: /is restarting, wait until the container is running$/ });
  });

  test('a refused signal is told with the container as it was called', async () => {
    const id = await engine.create({ Cmd: ['true'] });
    await engine.expect('POST', '/containers/nobody/kill', { status: 404, message: /^cannot kill container: nobody: No such container: nobody$/i });
    await engine.expect('POST', `/containers/${id}/kill`, { status: 409, message: new RegExp(`^cannot kill container: ${id}: container ${id} is not running$`, 'i') });
    await engine.expect('POST', `/containers/${id}/kill`, { query: { signal: 'FOO' }, status: 400, message: /invalid signal: FOO$/i });
  });
});
