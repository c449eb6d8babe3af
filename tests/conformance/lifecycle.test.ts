import assert from 'node:assert/strict';
import { json } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

const second = 1e9;

describe('what happens to a container by itself', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  /** Does something and takes the container's events until `last` has seen what it wants. */
  async function eventsOf(id: string, act: () => Promise<unknown>, last: (actions: string[]) => boolean): Promise<{ actions: string[]; events: any[] }> {
    const response = await engine.open('GET', '/events', { query: { filters: JSON.stringify({ container: [id], type: ['container'] }) } });
    const done = act();
    // Else the events that it should have made would be waited for.
    done.catch((error: Error) => response.destroy(error));
    const events: any[] = [];
    let text = '';
    for await (const chunk of response) {
      text += String(chunk);
      const lines = text.split('\n');
      text = lines.pop()!;
      events.push(...lines.map((line) => JSON.parse(line)));
      if (last(events.map(({ Action }) => Action))) break;
    }
    await done;
    return { actions: events.map(({ Action }) => Action), events };
  }
  const start = (id: string) => engine.expect('POST', `/containers/${id}/start`, { status: 204 });
  const health = (actions: string[]): string[] => actions.filter((action) => action.startsWith('health_status'));

  test('a check that passes makes it healthy, with what it said', async () => {
    const id = await engine.create({ Healthcheck: { Test: ['CMD-SHELL', 'echo fine; test -e /proc/self'], Interval: second / 10, Retries: 1 } });
    assert.equal((await engine.inspect(id)).State.Health?.Status ?? 'starting', 'starting');
    const { actions, events } = await eventsOf(id, () => start(id), (seen) => health(seen).length > 0);
    assert.deepEqual(health(actions), ['health_status: healthy']);
    assert.equal(events.at(-1).status, 'health_status: healthy');
    const { Health } = (await engine.inspect(id)).State;
    assert.deepEqual([Health.Status, Health.FailingStreak], ['healthy', 0]);
    assert.deepEqual(Object.keys(Health.Log[0]).sort(), ['End', 'ExitCode', 'Output', 'Start']);
    assert.deepEqual([Health.Log[0].ExitCode, Health.Log[0].Output], [0, 'fine\n']);
    const { json } = await engine.expect('GET', '/containers/json', { query: { filters: JSON.stringify({ health: ['healthy'], id: [id] }) }, status: 200 });
    assert.match(json[0].Status, /^Up .*\(healthy\)$/);
  });

  test('checks that fail as often as allowed make it unhealthy, one that passes healthy again; five are remembered', async () => {
    const id = await engine.create({ Healthcheck: { Test: ['CMD', 'test', '-e', '/well'], Interval: second / 10, Retries: 6 } });
    const { actions } = await eventsOf(id, () => start(id), (seen) => health(seen).length > 0);
    assert.deepEqual(health(actions), ['health_status: unhealthy']);
    const { Health } = (await engine.inspect(id)).State;
    assert.ok(Health.FailingStreak >= 6);
    assert.equal(Health.Log.length, 5);
    assert.equal(Health.Log[0].ExitCode, 1);
    const exec = (await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd: ['touch', '/well'] }, status: 201 })).json.Id;
    const again = await eventsOf(id, () => engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: true }, status: 200 }), (seen) => health(seen).length > 0);
    assert.deepEqual(health(again.actions), ['health_status: healthy']);
  });

  test('failures in the start period do not count', async () => {
    const id = await engine.create({ Healthcheck: { Test: ['CMD', 'test', '-e', '/well'], Interval: second / 10, StartPeriod: 600 * second, Retries: 1 } });
    const probes = await eventsOf(id, () => start(id), (seen) => seen.filter((action) => action.startsWith('exec_die')).length >= 3);
    assert.deepEqual(health(probes.actions), []);
    const { Health } = (await engine.inspect(id)).State;
    assert.deepEqual([Health.Status, Health.FailingStreak], ['starting', 0]);
  });

  test('a check that takes too long is a failure that says so', async () => {
    const id = await engine.create({ Healthcheck: { Test: ['CMD', 'sleep', '1000'], Interval: second / 10, Timeout: second / 5, Retries: 1 } });
    await eventsOf(id, () => start(id), (seen) => health(seen).length > 0);
    const [probe] = (await engine.inspect(id)).State.Health.Log;
    assert.equal(probe.ExitCode, -1);
    assert.match(probe.Output, /^Health check exceeded timeout \(200ms\)/);
  });

  test('NONE is no check', async () => {
    const id = await engine.run({ Healthcheck: { Test: ['NONE'] } });
    assert.equal((await engine.inspect(id)).State.Health, undefined);
  });

  test('one that fails is started again as often as its policy allows, and the count is told', async () => {
    const id = await engine.create({ Cmd: ['sh', '-c', 'exit 7'], HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } });
    const { actions } = await eventsOf(id, () => start(id), (seen) => seen.filter((action) => action === 'die').length === 3);
    assert.deepEqual(actions, ['start', 'die', 'start', 'die', 'start', 'die']);
    await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
    const { State, RestartCount } = await engine.inspect(id);
    assert.deepEqual([State.Status, State.ExitCode, State.Restarting, RestartCount], ['exited', 7, false, 2]);
  });

  test('one that ends well is not started again on failure, and is with always', async () => {
    const id = await engine.create({ Cmd: ['true'], HostConfig: { RestartPolicy: { Name: 'on-failure' } } });
    await start(id);
    await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
    assert.deepEqual([(await engine.inspect(id)).State.Status, (await engine.inspect(id)).RestartCount], ['exited', 0]);
    const always = await engine.create({ Cmd: ['true'], HostConfig: { RestartPolicy: { Name: 'always' } } });
    await eventsOf(always, () => start(always), (seen) => seen.filter((action) => action === 'start').length === 2);
    await engine.expect('POST', `/containers/${always}/stop`, { status: [204, 304] });
    assert.equal((await engine.inspect(always)).State.Restarting, false);
  });

  test('a stop or a kill by hand keeps it ended, whatever its policy', async () => {
    for (const [act, status] of [['stop', 204], ['kill', 204]] as const) {
      const id = await engine.run({ HostConfig: { RestartPolicy: { Name: 'always' } }, Cmd: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'] });
      await engine.expect('POST', `/containers/${id}/${act}`, { status });
      await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
      const { State, RestartCount } = await engine.inspect(id);
      assert.deepEqual([State.Status, RestartCount], ['exited', 0], act);
    }
  });

  test('events of a life by hand, with the attributes that tell why', async () => {
    const id = await engine.create({ Cmd: ['sh', '-c', 'exec sleep 1000'], Labels: { l: 'v' } });
    const { actions, events } = await eventsOf(id, async () => {
      await start(id);
      await engine.expect('POST', `/containers/${id}/pause`, { status: 204 });
      await engine.expect('POST', `/containers/${id}/unpause`, { status: 204 });
      await engine.expect('POST', `/containers/${id}/rename`, { query: { name: 'conf-renamed' }, status: 204 });
      await engine.expect('POST', `/containers/${id}/update`, { body: { CpuShares: 100 }, status: 200 });
      await engine.expect('GET', `/containers/${id}/top`, { status: 200 });
      await engine.expect('POST', `/containers/${id}/resize`, { query: { h: 10, w: 20 }, status: [200, 500] });
      await engine.expect('POST', `/containers/${id}/kill`, { query: { signal: 'KILL' }, status: 204 });
      await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
      await engine.expect('DELETE', `/containers/${id}`, { status: 204 });
    }, (seen) => seen.includes('destroy'));
    const known = ['start', 'pause', 'unpause', 'rename', 'update', 'top', 'kill', 'die', 'destroy'];
    const seen = actions.filter((action) => known.includes(action));
    // 28.5 tells of a pause a second time where its containerd overtakes it.
    assert.deepEqual(engine.ours ? seen : [...new Set(seen)], known);
    const of = (action: string): Record<string, string> => events.find(({ Action }) => Action === action).Actor.Attributes;
    assert.deepEqual([of('kill')['signal'], of('die')['exitCode'], of('start')['l'], of('rename')['oldName']], ['9', '137', 'v', `/${of('start')['name']}`]);
    assert.equal(of('update')['name'], 'conf-renamed');
    for (const event of events) assert.equal(Math.floor(event.timeNano / 1e9), event.time);
  });

  test('a restart by hand is one, and tells of all its steps', async () => {
    const id = await engine.run({ Cmd: ['sh', '-c', 'trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done'] });
    await engine.logged(id, 'ready\n');
    const { actions } = await eventsOf(id, () => engine.expect('POST', `/containers/${id}/restart`, { query: { t: 10 }, status: 204 }), (seen) => seen.includes('restart'));
    // 28.5 tells of the stop and of the end at once: either may come first.
    if (!engine.ours && actions[1] === 'stop') actions.splice(1, 2, 'die', 'stop');
    assert.deepEqual(actions, ['kill', 'die', 'stop', 'start', 'restart']);
    assert.equal((await engine.inspect(id)).RestartCount, 0);
  });

  test('in the pause between two runs it is waited for until the next one has ended, or somebody ends the pause', async () => {
    const id = await engine.create({ Cmd: ['sh', '-c', 'exit 4'], HostConfig: { RestartPolicy: { Name: 'always' } } });
    await start(id);
    const paused = async (runs: number): Promise<number> => {
      for (;;) {
        const { State, RestartCount } = await engine.inspect(id);
        if (State.Restarting && RestartCount >= runs) return RestartCount;
      }
    };
    const before = await paused(4);
    assert.equal((await engine.expect('POST', `/containers/${id}/wait`, { status: 200 })).json.StatusCode, 4);
    assert.ok((await engine.inspect(id)).RestartCount > before);
    await paused(before + 1);
    const waits = await Promise.all(['not-running', 'next-exit'].map((condition) => engine.open('POST', `/containers/${id}/wait`, { query: { condition } })));
    await engine.expect('POST', `/containers/${id}/stop`, { status: 204 });
    for (const waited of waits) assert.equal((await json(waited) as { StatusCode: number }).StatusCode, 4);
    assert.equal((await engine.inspect(id)).State.Status, 'exited');
  });

  test('auto-remove takes it, its anonymous volumes and its name', async () => {
    const id = await engine.create({ Cmd: ['true'], Volumes: { '/v': {} }, HostConfig: { AutoRemove: true } });
    const volume = (await engine.inspect(id)).Mounts[0].Name;
    const { actions } = await eventsOf(id, () => start(id), (seen) => seen.includes('destroy'));
    assert.deepEqual(actions.slice(-2), ['die', 'destroy']);
    await engine.expect('GET', `/containers/${id}/json`, { status: 404, message: `No such container: ${id}` });
    await engine.expect('GET', `/volumes/${volume}`, { status: 404 });
  });

  test('events that were are told again, in their order, between two times', async () => {
    const since = (Date.now() / 1000 - 0.001).toFixed(9);
    const { id } = await engine.finished({ Cmd: ['true'] });
    const until = (Date.now() / 1000 + 1).toFixed(9);
    const ask = async (filters: Record<string, string[]>): Promise<string[]> =>
      (await engine.expect('GET', '/events', { query: { since, until, filters: JSON.stringify(filters) }, status: 200 })).text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line).Action);
    assert.deepEqual(await ask({ container: [id], type: ['container'] }), ['create', 'start', 'die']);
    assert.deepEqual(await ask({ container: [id], event: ['die', 'create'] }), ['create', 'die']);
    assert.deepEqual(await ask({ container: [id], label: ['nobody=has'] }), []);
    assert.deepEqual(await ask({ container: [id], scope: ['swarm'] }), []);
    assert.deepEqual(await ask({ image: [engine.image], event: ['start'], container: [id] }), ['start']);
  });

  test('events to a time before they begin are refused, and times that are none', async () => {
    await engine.expect('GET', '/events', { query: { since: '10', until: '5' }, status: 400, message: /`since` time \(10\) cannot be after `until` time \(5\)/ });
    await engine.expect('GET', '/events', { query: { since: 'soon' }, status: [400, 500] });
  });
});
