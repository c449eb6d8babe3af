import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('images', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  const tag = (repo: string, name: string, status = 201) => engine.expect('POST', `/images/${engine.image}/tag`, { query: { repo, tag: name }, status });

  test('an unknown image is 404 on every route', async () => {
    for (const [method, path] of [['GET', 'json'], ['GET', 'history'], ['POST', 'tag?repo=x']] as const) {
      await engine.expect(method, `/images/nothing/${path}`, { status: 404, message: /No such image: nothing:latest$/ });
    }
    await engine.expect('DELETE', '/images/nothing', { status: 404, message: 'No such image: nothing:latest' });
  });

  test('a tag appears, names the same image, and goes', async () => {
    await tag('conformance/one', 'a');
    const seen = (await engine.expect('GET', '/images/conformance/one:a/json', { status: 200 })).json;
    const first = (await engine.expect('GET', `/images/${engine.image}/json`, { status: 200 })).json;
    assert.equal(seen.Id, first.Id);
    assert.ok(seen.RepoTags.includes('conformance/one:a'));
    const removed = (await engine.expect('DELETE', '/images/conformance/one:a', { status: 200 })).json;
    assert.deepEqual(removed, [{ Untagged: 'conformance/one:a' }]);
  });

  test('names are listed in the order of the whole ones, with their registry', async () => {
    const names = ['conformance/one:b', 'localhost:5999/one:a', 'conformance-one:c'];
    for (const name of names) await tag(name.slice(0, name.lastIndexOf(':')), name.slice(-1));
    const ordered = (listed: string[]): string[] => listed.filter((name) => names.includes(name));
    const inspected = (await engine.expect('GET', `/images/${engine.image}/json`, { status: 200 })).json;
    const { json } = await engine.expect('GET', '/images/json', { status: 200 });
    for (const name of names) await engine.expect('DELETE', `/images/${name}`, { status: 200 });
    assert.deepEqual(ordered(inspected.RepoTags), names.with(1, names[2]!).with(2, names[1]!));
    assert.deepEqual(ordered(json.find(({ Id }: { Id: string }) => Id === inspected.Id).RepoTags), ordered(inspected.RepoTags));
  });

  test('a bad tag is 400', () =>
    engine.answers('POST', `/images/${engine.image}/tag`, { query: { repo: 'Bad', tag: 'x' }, status: [400, 500], message: /repository name.*must be lowercase|invalid reference format/ }));

  test('an image that a container uses is not removed by its last name', async () => {
    await tag('conformance/used', 'x');
    const id = await engine.create({ Image: 'conformance/used:x' });
    const seen = await engine.inspect(id);
    assert.equal(seen.Config.Image, 'conformance/used:x');
    const { json } = await engine.expect('GET', '/containers/json', { query: { all: 1, filters: JSON.stringify({ id: [id] }) }, status: 200 });
    assert.equal(json[0].Image, 'conformance/used:x');
    await engine.expect('DELETE', '/images/conformance/used:x', { status: 200 });
  });

  test('removal by id of an image with several names needs force', async () => {
    await tag('conformance/several', 'x');
    const { Id } = (await engine.expect('GET', `/images/${engine.image}/json`, { status: 200 })).json;
    await engine.expect('DELETE', `/images/${Id}`, { status: 409, message: /conflict: unable to delete .* \(must be forced\) - image is referenced in multiple repositories|is using its referenced image|is being used by/ });
    await engine.expect('DELETE', '/images/conformance/several:x', { status: 200 });
  });

  test('the list filters by reference and has the fields that clients read', async () => {
    await tag('conformance/listed', 'v1');
    const { json } = await engine.expect('GET', '/images/json', { query: { filters: JSON.stringify({ reference: ['conformance/listed'] }) }, status: 200 });
    assert.equal(json.length, 1);
    for (const key of ['Id', 'ParentId', 'RepoTags', 'RepoDigests', 'Created', 'Size', 'SharedSize', 'Labels', 'Containers']) assert.ok(key in json[0], key);
    assert.equal(typeof json[0].Created, 'number');
    await engine.expect('GET', '/images/json', { query: { filters: '{"colour":["red"]}' }, status: 400, message: /[Ii]nvalid filter.*colour/ });
    for (const word of ['t', 'True', 'maybe']) {
      await engine.expect('GET', '/images/json', { query: { filters: JSON.stringify({ dangling: [word] }) }, status: 400, message: new RegExp(`^invalid filter 'dangling=\\[${word}\\]'$`, 'i') });
    }
    await engine.expect('DELETE', '/images/conformance/listed:v1', { status: 200 });
  });

  test('save and load bring the same image back', async () => {
    await tag('conformance/saved', 'x');
    const { Id } = (await engine.expect('GET', '/images/conformance/saved:x/json', { status: 200 })).json;
    const response = await engine.open('GET', '/images/conformance/saved:x/get');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    await engine.expect('DELETE', '/images/conformance/saved:x', { status: 200 });
    const { text } = await engine.expect('POST', '/images/load', { raw: Buffer.concat(chunks), status: 200 });
    assert.match(text, /Loaded image: conformance\/saved:x/);
    assert.equal((await engine.expect('GET', '/images/conformance/saved:x/json', { status: 200 })).json.Id, Id);
    await engine.expect('DELETE', '/images/conformance/saved:x', { status: 200 });
  });

  test('what an image was made from is saved and loaded where both travel together', async () => {
    const commit = async (Image: string, name: string): Promise<string> =>
      (await engine.expect('POST', '/commit', { query: { container: await engine.create({ Image }), repo: `conformance/${name}`, tag: 'x' }, body: {}, status: 201 })).json.Id;
    const parent = await commit(engine.image, 'parent');
    const child = await commit('conformance/parent:x', 'child');
    await engine.clean();
    const saved = async (...names: string[]): Promise<Buffer> => await buffer(await engine.open('GET', `/images/get?${names.map((name) => `names=conformance/${name}:x`).join('&')}`));
    const [both, alone] = [await saved('child', 'parent'), await saved('child')];
    const anew = async (archive: Buffer): Promise<any> => {
      await engine.expect('DELETE', '/images/conformance/child:x', { status: 200 });
      await engine.call('DELETE', '/images/conformance/parent:x');
      await engine.expect('POST', '/images/load', { raw: archive, status: 200 });
      return (await engine.expect('GET', '/images/conformance/child:x/json', { status: 200 })).json.Parent;
    };
    assert.equal(await anew(both), parent);
    const history = (await engine.expect('GET', `/images/${child}/history`, { status: 200 })).json as { Id: string; Tags: string[] | null }[];
    assert.deepEqual(history.slice(0, 2).map(({ Id, Tags }) => [Id, Tags]), [[child, ['conformance/child:x']], [parent, ['conformance/parent:x']]]);
    await engine.expect('DELETE', `/images/${parent}`, { query: { force: 1 }, status: 409, message: /image has dependent child images/ });
    assert.equal(await anew(alone), '');
    await engine.expect('DELETE', '/images/conformance/child:x', { status: 200 });
  });

  test('garbage is not loaded', async () => {
    const answer = await engine.call('POST', '/images/load', { raw: Buffer.alloc(2048, 7) });
    assert.ok(answer.status >= 400 || /error/.test(answer.text), answer.text);
  });

  test('history shows the layers, newest first', async () => {
    const { json } = await engine.expect('GET', `/images/${engine.image}/history`, { status: 200 });
    assert.ok(json.length >= 1);
    assert.deepEqual(Object.keys(json[0]).sort(), ['Comment', 'Created', 'CreatedBy', 'Id', 'Size', 'Tags']);
    assert.match(json[0].Id, /^sha256:/);
  });
});
