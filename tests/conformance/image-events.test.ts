import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

interface Event { Type: string; Action: string; Actor: { ID: string; Attributes: Record<string, string> } }

describe('events of images, and of volumes whose files are looked at', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  /** Asked for from the past on, so that none is missed; ends with the first that `isLast` takes. */
  async function follow(asked: Engine, type: string, isLast: (event: Event) => boolean): Promise<Event[]> {
    const response = await asked.open('GET', '/events', { query: { since: 1, filters: JSON.stringify({ type: [type] }) } });
    const events: Event[] = [];
    let rest = '';
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop()!;
      for (const line of lines.filter((text) => text.trim() !== '')) {
        events.push(JSON.parse(line) as Event);
        if (isLast(events.at(-1)!)) return events;
      }
    }
    return assert.fail('the events ended');
  }

  /** Action, name and the label `mine` of one image's events, up to its end. */
  async function story(asked: Engine, id: string): Promise<[action: string, name: string, label: string | undefined][]> {
    const events = await follow(asked, 'image', ({ Action, Actor }) => Action === 'delete' && Actor.ID === id);
    return events.filter(({ Actor }) => Actor.ID === id)
      .map(({ Action, Actor }) => [Action, Actor.Attributes['name']!.replace(id, 'its id'), Actor.Attributes['mine']]);
  }

  const commit = async (query: Record<string, string>): Promise<string> => {
    const container = await engine.create();
    const label = randomBytes(6).toString('hex');
    return (await engine.expect('POST', '/commit', { query: { container, changes: `LABEL mine=yes other=${label}`, ...query }, body: {}, status: 201 })).json.Id;
  };

  test('name what a tag is given to by the tag, and what it is taken from by the id', async () => {
    const id = await commit({ repo: 'conformance/told', tag: 'a' });
    await engine.expect('POST', '/images/conformance/told:a/tag', { query: { repo: 'conformance/told', tag: 'b' }, status: 201 });
    await engine.expect('DELETE', '/images/conformance/told:a', { status: 200 });
    await engine.expect('DELETE', `/images/${id}`, { status: 200 });
    assert.deepEqual(await story(engine, id), [
      ['tag', 'conformance/told:a', 'yes'], ['tag', 'conformance/told:b', 'yes'], ['untag', 'its id', 'yes'], ['untag', 'its id', 'yes'], ['delete', 'its id', undefined],
    ]);
  });

  test('of a commit begin with the creation of the image, for clients of version 1.46 and later', async (context) => {
    const newer = await engine.at('1.46');
    if (newer === undefined) return context.skip('speaks an older version');
    const [named, unnamed] = [await commit({ repo: 'conformance/told', tag: 'c' }), await commit({})];
    for (const id of [named, unnamed]) await engine.expect('DELETE', `/images/${id}`, { status: 200 });
    assert.deepEqual(await story(newer, named), [['create', 'its id', 'yes'], ['tag', 'conformance/told:c', 'yes'], ['untag', 'its id', 'yes'], ['delete', 'its id', undefined]]);
    assert.deepEqual(await story(newer, unnamed), [['create', 'its id', 'yes'], ['delete', 'its id', undefined]]);
    assert.deepEqual(await story(engine, unnamed), [['delete', 'its id', undefined]]);
  });

  test('of an import tell of the tag first', async () => {
    const root = await engine.open('GET', `/containers/${await engine.create()}/export`);
    const { text } = await engine.expect('POST', '/images/create', { query: { fromSrc: '-', repo: 'conformance/told', tag: 'd', changes: 'LABEL mine=yes' }, raw: await buffer(root), status: 200 });
    const id = /sha256:[0-9a-f]{64}/.exec(text)![0];
    await engine.expect('DELETE', '/images/conformance/told:d', { status: 200 });
    assert.deepEqual(await story(engine, id), [['tag', 'conformance/told:d', 'yes'], ['import', 'its id', 'yes'], ['untag', 'its id', 'yes'], ['delete', 'its id', undefined]]);
  });

  test('of a save and a load name the image by its id', async () => {
    const id = await commit({ repo: 'conformance/told', tag: 'e' });
    const archive = await buffer(await engine.open('GET', '/images/conformance/told:e/get'));
    await engine.expect('POST', '/images/load', { raw: archive, status: 200 });
    await engine.expect('DELETE', '/images/conformance/told:e', { status: 200 });
    assert.deepEqual((await story(engine, id)).slice(1, 3), [['save', 'its id', 'yes'], ['load', 'its id', 'yes']]);
  });

  test('of a prune tell of each name that goes', async (context) => {
    const newer = await engine.at('1.46');
    // Docker 20.10 prunes by label otherwise.
    if (newer === undefined) return context.skip('speaks an older version');
    const id = await commit({ repo: 'conformance/told', tag: 'f' });
    await engine.clean();
    await engine.expect('POST', '/images/prune', { query: { filters: JSON.stringify({ dangling: ['false'], label: ['mine=yes'] }) }, status: 200 });
    assert.deepEqual((await story(engine, id)).slice(1), [['untag', 'its id', 'yes'], ['delete', 'its id', undefined]]);
  });

  for (const state of ['stopped', 'running'] as const) {
    test(`tell that the volumes of a ${state} container are mounted while its files are read, written or asked about, and not for an export`, async () => {
      const volume = `conf-told-${randomBytes(6).toString('hex')}`;
      const id = await engine[state === 'running' ? 'run' : 'create']({ HostConfig: { Binds: [`${volume}:/data`] } });
      await engine.expect('GET', `/containers/${id}/archive`, { query: { path: '/etc/passwd' }, status: 200 });
      await engine.expect('GET', `/containers/${id}/archive`, { query: { path: '/absent' }, status: 404 });
      await engine.expect('HEAD', `/containers/${id}/archive`, { query: { path: '/data' }, status: 200 });
      await engine.expect('PUT', `/containers/${id}/archive`, { query: { path: '/data' }, raw: Buffer.alloc(1024), status: 200 });
      await engine.expect('GET', `/containers/${id}/export`, { status: 200 });
      await engine.clean();
      await engine.expect('DELETE', `/volumes/${volume}`, { status: 204 });
      const events = (await follow(engine, 'volume', ({ Action, Actor }) => Action === 'destroy' && Actor.ID === volume)).filter(({ Actor }) => Actor.ID === volume);
      const looks = Array.from({ length: 4 }, () => ['mount', 'unmount']).flat();
      assert.deepEqual(events.map(({ Action }) => Action), ['create', ...state === 'running' ? ['mount'] : [], ...looks, ...state === 'running' ? ['unmount'] : [], 'destroy']);
      const { Attributes: attributes } = events.find(({ Action }) => Action === 'mount')!.Actor;
      assert.deepEqual(attributes, { container: id, destination: '/data', driver: 'local', propagation: attributes['propagation'], 'read/write': 'true' });
      assert.deepEqual(events.find(({ Action }) => Action === 'unmount')!.Actor.Attributes, { container: id, driver: 'local' });
    });
  }
});
