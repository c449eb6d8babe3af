import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

interface Event { Action: string; Actor: { ID: string; Attributes: Record<string, string> } }

describe('events of containers', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  /**
   * Follows a container's events until one's action begins with `last`; resolves to those between the first `behind` and that one, when awaited after the acts.
   * Asked for from the past on: the headers of the answer come before Docker listens.
   */
  async function follow(id: string, last: string, behind = 'start'): Promise<() => Promise<Event[]>> {
    const response = await engine.open('GET', '/events', { query: { since: 1, filters: JSON.stringify({ container: [id], type: ['container'] }) } });
    const events: Event[] = [];
    const seen = (async () => {
      let rest = '';
      for await (const chunk of response) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop()!;
        events.push(...lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Event));
        if (events.some(({ Action }) => Action.startsWith(last))) break;
      }
      return events.slice(events.findIndex(({ Action }) => Action === behind) + 1, events.findIndex(({ Action }) => Action.startsWith(last)) + 1);
    })();
    return () => seen;
  }

  /** Attributes without those that every event of the container has. */
  const own = ({ Actor }: Event): Record<string, string> =>
    Object.fromEntries(Object.entries(Actor.Attributes).filter(([key]) => !['image', 'name', 'mine'].includes(key) && !key.startsWith('org.opencontainers.')));

  /** `execDuration` is younger than the peers. */
  const timeless = (event: Event): [string, Record<string, string>] => {
    const { execDuration: _execDuration, ...attributes } = own(event);
    return [event.Action, attributes];
  };

  const execOf = async (id: string, body: Record<string, unknown>): Promise<string> =>
    (await engine.expect('POST', `/containers/${id}/exec`, { body, status: 201 })).json.Id;

  test('carry the labels, the image and the name of the container', async () => {
    const id = await engine.create({ Labels: { mine: 'yes' } });
    const events = await follow(id, 'kill');
    await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    await engine.expect('POST', `/containers/${id}/kill`, { status: 204 });
    for (const { Actor } of await events()) {
      assert.equal(Actor.Attributes['mine'], 'yes');
      assert.equal(Actor.Attributes['image'], engine.image);
      assert.match(Actor.Attributes['name'] ?? '', /^conf-/);
    }
  });

  test('of a run come with those of its network and its volume around them', async (context) => {
    const volume = `conf-events-${process.pid}`;
    context.after(() => engine.call('DELETE', `/volumes/${volume}`));
    const id = await engine.create({ HostConfig: { Binds: [`${volume}:/data`] } });
    const response = await engine.open('GET', '/events', { query: { since: 1, filters: JSON.stringify({ type: ['container', 'network', 'volume'] }) } });
    await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    await engine.expect('POST', `/containers/${id}/kill`, { status: 204 });
    const seen: string[] = [];
    let rest = '';
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop()!;
      const events = lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Event & { Type: string });
      seen.push(...events.filter(({ Actor }) => Actor.ID === id || Actor.Attributes['container'] === id).map(({ Type, Action }) => `${Type} ${Action}`));
      if (seen.includes('volume unmount') && seen.includes('container die')) break;
    }
    const today = ['container create', 'volume mount', 'network connect', 'container start', 'container kill', 'network disconnect', 'volume unmount', 'container die'];
    const of2010 = ['container create', 'network connect', 'volume mount', 'container start', 'container kill', 'container die', 'network disconnect', 'volume unmount'];
    assert.deepEqual(seen.slice(seen.indexOf('container create')), engine.ours || seen.at(-1) === 'container die' ? today : of2010);
  });

  test('of an exec come in order, the start before the end, and with the space behind a program without arguments', async () => {
    const id = await engine.run();
    const events = await follow(id, 'exec_die');
    const execID = await execOf(id, { Cmd: ['false'] });
    await engine.expect('POST', `/exec/${execID}/start`, { body: { Detach: true }, status: 200 });
    assert.deepEqual((await events()).map(timeless), [['exec_create: false ', { execID }], ['exec_start: false ', { execID }], ['exec_die', { execID, exitCode: '1' }]]);
  });

  test('of an exec that cannot be started have no end', async () => {
    const id = await engine.run();
    const events = await follow(id, 'kill');
    const execID = await execOf(id, { Cmd: ['nope', 'a'], AttachStdout: true });
    await engine.call('POST', `/exec/${execID}/start`, { body: { Detach: false } });
    await engine.expect('POST', `/containers/${id}/kill`, { status: 204 });
    assert.deepEqual((await events()).map(({ Action }) => Action).filter((action) => action.startsWith('exec_')), ['exec_create: nope a', 'exec_start: nope a']);
  });

  test('tell of the detach keys, of a container and of an exec', async () => {
    const id = await engine.run({ Tty: true, OpenStdin: true, Cmd: ['cat'] });
    const events = await follow(id, 'kill');
    const attached = await engine.hijack(`/containers/${id}/attach`, { query: { stream: 1, stdin: 1, stdout: 1, stderr: 1, detachKeys: 'ctrl-a,b' } });
    const left = once(attached.socket.resume(), 'end');
    attached.socket.write('\x01b');
    await left;
    attached.socket.end();
    const execID = await execOf(id, { Cmd: ['cat'], Tty: true, AttachStdin: true, AttachStdout: true, DetachKeys: 'ctrl-a,b' });
    const inside = await engine.hijack(`/exec/${execID}/start`, { body: { Tty: true } });
    const leftInside = once(inside.socket.resume(), 'end');
    inside.socket.write('\x01b');
    await leftInside;
    inside.socket.end();
    await engine.expect('POST', `/containers/${id}/kill`, { status: 204 });
    // Docker 20.10 takes the keys for a failure of the exec.
    assert.deepEqual((await events()).map(timeless).slice(0, engine.ours ? undefined : 4), [
      ['attach', {}], ['detach', {}], ['exec_create: cat ', { execID }], ['exec_start: cat ', { execID }],
      ...(engine.ours ? [['exec_detach', { execID }], ['kill', { signal: '9' }]] : []),
    ]);
  });

  test('tell of what is asked of a running container', async () => {
    const id = await engine.run({ Tty: true });
    const events = await follow(id, 'die');
    await engine.expect('POST', `/containers/${id}/resize`, { query: { h: 10, w: 20 }, status: 200 });
    await engine.expect('GET', `/containers/${id}/top`, { status: 200 });
    await engine.expect('POST', `/containers/${id}/pause`, { status: 204 });
    await engine.expect('POST', `/containers/${id}/unpause`, { status: 204 });
    await engine.expect('GET', `/containers/${id}/archive`, { query: { path: '/etc' }, status: 200 });
    await engine.expect('GET', `/containers/${id}/export`, { status: 200 });
    await engine.expect('POST', `/containers/${id}/kill`, { query: { signal: 'WINCH' }, status: 204 });
    await engine.expect('POST', `/containers/${id}/kill`, { status: 204 });
    assert.deepEqual((await events()).map(timeless), [
      ['resize', { height: '10', width: '20' }], ['top', {}], ['pause', {}], ['unpause', {}], ['archive-path', {}], ['export', {}],
      ['kill', { signal: '28' }], ['kill', { signal: '9' }], ['die', { exitCode: '137' }],
    ]);
  });

  test('of a commit tell of the pause around it', async () => {
    const id = await engine.run();
    const events = await follow(id, 'unpause');
    const { json } = await engine.expect('POST', '/commit', { query: { container: id, comment: 'why', repo: 'docker.io/library/committed', tag: 'x' }, status: 201 });
    try {
      assert.deepEqual((await events()).map(timeless), [['pause', {}], ['commit', { comment: 'why', imageID: json.Id, imageRef: 'committed:x' }], ['unpause', {}]]);
    } finally {
      await engine.expect('DELETE', `/images/${json.Id}`, { status: 200 });
    }
  });

  test('of a restart are those of a stop and a start, and then one of its own', async () => {
    const id = await engine.run({ StopSignal: 'SIGKILL' });
    const events = await follow(id, 'restart');
    await engine.expect('POST', `/containers/${id}/restart`, { query: { t: 10 }, status: 204 });
    const seen = (await events()).map(timeless);
    // 28.5 tells of the stop and of the end at once: either may come first.
    if (!engine.ours && seen[1]?.[0] === 'stop') seen.splice(1, 2, ...seen.slice(1, 3).reverse());
    assert.deepEqual(seen, [['kill', { signal: '9' }], ['die', { exitCode: '137' }], ['stop', {}], ['start', {}], ['restart', {}]]);
  });

  test('tell of the kernel that ends a container for its memory, before its end', async () => {
    const id = await engine.create({ Cmd: ['sh', '-c', 'x=a; while :; do x=$x$x; done'], HostConfig: { Memory: 16 * 1024 * 1024 } });
    const events = await follow(id, 'die', 'create');
    await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    assert.deepEqual((await events()).map(timeless), [['start', {}], ['oom', {}], ['die', { exitCode: '137' }]]);
  });

  test('tell when the health changes', async () => {
    const id = await engine.create({ Healthcheck: { Test: ['CMD', 'test', '-e', '/ok'], Interval: 1_000_000_000, Retries: 1 } });
    const events = await follow(id, 'health_status: healthy');
    const ill = await follow(id, 'health_status: unhealthy');
    await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    await ill();
    const exec = await execOf(id, { Cmd: ['touch', '/ok'] });
    await engine.expect('POST', `/exec/${exec}/start`, { body: { Detach: true }, status: 200 });
    const health = (await events()).map(timeless).filter(([action]) => action.startsWith('health_status'));
    assert.deepEqual(health, [['health_status: unhealthy', {}], ['health_status: healthy', {}]]);
  });
});
