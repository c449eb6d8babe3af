import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { tarEnd, tarHeader, tarPadding } from '../../src/base/tar/encoder.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Engine } from './engine.ts';
import { archiveOf, tarOfFiles } from './image-archives.ts';
import { useEngine } from './target.ts';

describe('rules of images', () => {
  let engine: Engine;
  after(async () => {
    const { json } = await engine.call('GET', '/images/json', { query: { filters: JSON.stringify({ reference: ['rules/*'] }) } });
    for (const { RepoTags } of json) for (const name of RepoTags) await engine.call('DELETE', `/images/${name}`, { query: { force: 1 } });
  });
  useEngine((opened) => { engine = opened; });

  const load = async (layer: Buffer, tags: string[] | null, config = {}): Promise<string> => (await engine.expect('POST', '/images/load', { query: { quiet: 1 }, raw: archiveOf(layer, tags, config), status: 200 })).text;
  /** A layer that no other test has, so that what is told of it is told of this image alone. */
  const ownLayer = (): Buffer => tarOfFiles({ own: randomBytes(8).toString('hex') });
  const idOf = async (name: string): Promise<string> => (await engine.expect('GET', `/images/${name}/json`, { status: 200 })).json.Id;
  /** An image that runs, and is nobody else's. */
  const runnable = async (name: string): Promise<string> => {
    const container = await engine.create();
    return (await engine.expect('POST', '/commit', { query: { container, repo: name, tag: 'x' }, status: 201 })).json.Id;
  };

  test('by its id an image with two tags goes by force alone, with its layers', async () => {
    const layer = ownLayer();
    await load(layer, ['rules/two:1', 'rules/two:2']);
    const id = await idOf('rules/two:1');
    await engine.expect('DELETE', `/images/${id}`, { status: 409, message: /\(must be forced\) - image is referenced in multiple repositories/ });
    const { json } = await engine.expect('DELETE', `/images/${id}`, { query: { force: 1 }, status: 200 });
    assert.deepEqual(json, [{ Untagged: 'rules/two:1' }, { Untagged: 'rules/two:2' }, { Deleted: id }, { Deleted: digestOf(layer) }]);
  });

  for (const bytes of [1, 3, 511, 600]) {
    test(`an archive that ends after ${bytes} bytes is not imported`, async () => {
      const cut = tarOfFiles({ own: 'x'.repeat(600) }).subarray(0, bytes);
      await engine.expect('POST', '/images/create', { query: { fromSrc: '-' }, raw: cut, status: [400, 500], message: /unexpected EOF/ });
    });
  }

  test('a save for a platform that the image has not says so', async () => {
    const newest = await engine.at('1.48');
    if (newest === undefined) return;
    const platform = JSON.stringify({ os: 'linux', architecture: 'riscv64' });
    await newest.expect('GET', `/images/${encodeURIComponent(newest.image)}/get`, { query: { platform }, status: 500, message: 'no suitable export target found for platform linux/riscv64' });
  });

  test('a save names the absent image as it was asked for', async () => {
    await engine.expect('GET', '/images/rules-nothing/get', { status: 404, message: 'No such image: rules-nothing' });
    await engine.expect('GET', '/images/get', { query: { names: 'rules-nothing' }, status: 404, message: 'No such image: rules-nothing' });
  });

  test('a layer that another image has stays, and is not named', async () => {
    const layer = ownLayer();
    await load(layer, ['rules/one:1']);
    await load(layer, ['rules/other:1'], { author: 'another' });
    const [one, other] = [await idOf('rules/one:1'), await idOf('rules/other:1')];
    assert.deepEqual((await engine.expect('DELETE', '/images/rules/one:1', { status: 200 })).json, [{ Untagged: 'rules/one:1' }, { Deleted: one }]);
    assert.deepEqual((await engine.expect('DELETE', '/images/rules/other:1', { status: 200 })).json, [{ Untagged: 'rules/other:1' }, { Deleted: other }, { Deleted: digestOf(layer) }]);
  });

  test('force takes the image of a stopped container, which starts as before', async () => {
    const id = await runnable('rules/stopped');
    const container = await engine.create({ Image: 'rules/stopped:x' });
    await engine.expect('DELETE', '/images/rules/stopped:x', { status: 409, message: /^conflict: unable to remove repository reference "rules\/stopped:x" \(must force\) - container .* is using its referenced image/ });
    await engine.expect('DELETE', `/images/${id}`, { status: 409, message: /\(must be forced\) - image is being used by stopped container/ });
    const { json } = await engine.expect('DELETE', '/images/rules/stopped:x', { query: { force: 1 }, status: 200 });
    assert.deepEqual(json.slice(0, 2), [{ Untagged: 'rules/stopped:x' }, { Deleted: id }]);
    await engine.expect('GET', `/images/${id}/json`, { status: 404 });
    await engine.expect('POST', `/containers/${container}/start`, { status: 204 });
    assert.equal((await engine.inspect(container)).Image, id);
  });

  test('force takes the name alone from the image of a running container', async () => {
    const id = await runnable('rules/running');
    await engine.run({ Image: 'rules/running:x' });
    assert.deepEqual((await engine.expect('DELETE', '/images/rules/running:x', { query: { force: 1 }, status: 200 })).json, [{ Untagged: 'rules/running:x' }]);
    await engine.expect('DELETE', `/images/${id}`, { query: { force: 1 }, status: 409, message: /\(cannot be forced\) - image is being used by running container/ });
    assert.deepEqual((await engine.expect('GET', `/images/${id}/json`, { status: 200 })).json.RepoTags, []);
    await engine.clean();
    await engine.expect('DELETE', `/images/${id}`, { status: 200 });
  });

  test('the size is that of the files, each once, and of what links name', async () => {
    const layer = Buffer.concat([
      tarHeader({ name: 'folder/', type: 'directory' }), tarHeader({ name: 'folder/file', size: 700 }), randomBytes(700), tarPadding(700),
      tarHeader({ name: 'twice', type: 'link', linkName: 'folder/file' }), tarHeader({ name: 'short', type: 'symlink', linkName: 'folder' }), tarEnd(),
    ]);
    await load(layer, ['rules/size:1'], { history: [{ created: '2020-01-01T00:00:00Z', created_by: 'ADD' }, { created: '2020-01-01T00:00:00Z', created_by: 'CMD', empty_layer: true }] });
    assert.equal((await engine.expect('GET', '/images/rules/size:1/json', { status: 200 })).json.Size, 706);
    const { json } = await engine.expect('GET', '/images/rules/size:1/history', { status: 200 });
    assert.deepEqual(json.map(({ CreatedBy, Size }: { CreatedBy: string; Size: number }) => [CreatedBy, Size]), [['CMD', 0], ['ADD', 706]]);
  });

  test('an image without a history has none', async () => {
    await load(ownLayer(), ['rules/plain:1']);
    assert.deepEqual((await engine.expect('GET', '/images/rules/plain:1/history', { status: 200 })).json, []);
  });

  test('the variant of its platform is shown as it stands in the config', async () => {
    await load(ownLayer(), ['rules/arm:1'], { architecture: 'arm64', variant: 'v8' });
    const { json } = await engine.expect('GET', '/images/rules/arm:1/json', { status: 200 });
    assert.deepEqual([json.Architecture, json.Variant], ['arm64', 'v8']);
  });

  test('no archive can name an image by a digest', async () => {
    const said = await load(ownLayer(), [`rules/digest@${digestOf('trusted')}`]);
    assert.match(said, /"error":"invalid tag/);
    await engine.expect('GET', `/images/rules/digest@${digestOf('trusted')}/json`, { status: 404 });
  });

  test('a name that reads like a digest is not given, and neither is a digest', async () => {
    for (const [repo, name, message] of [
      ['sha256', 'x', 'refusing to create an ambiguous tag using digest algorithm as name'],
      ['0'.repeat(64), 'x', `invalid repository name (${'0'.repeat(64)}), cannot specify 64-byte hexadecimal strings`],
      ['rules/x', 'a b', /^invalid tag format$|^invalid reference format$/], [`rules/x@${digestOf('x')}`, '', /^cannot import digest reference$|^refusing to create a tag with a digest reference$/],
    ] as const) await engine.expect('POST', `/images/${engine.image}/tag`, { query: { repo, tag: name }, status: [400, 500], message });
    const container = await engine.create();
    await engine.expect('POST', '/commit', { query: { container, repo: `rules/x@${digestOf('x')}` }, status: [400, 500], message: /^cannot import digest reference$|^refusing to create a tag with a digest reference$/ });
  });

  for (const [pattern, found] of [
    ['rules/p*', ['pat:1', 'pot:1']], ['rules/p[ao]t', ['pat:1', 'pot:1']], ['rules/p[^a]t:*', ['pot:1']], ['rules/p?t:1', ['pat:1', 'pot:1']], ['docker.io/rules/pat', []], ['*', []], ['rules\\/pat', ['pat:1']],
  ] as const) {
    test(`the list finds ${found.length} names by ${pattern}`, async () => {
      await load(tarOfFiles({ pat: 'pat' }), ['rules/pat:1']);
      await load(tarOfFiles({ pot: 'pot' }), ['rules/pot:1']);
      const { json } = await engine.expect('GET', '/images/json', { query: { filters: JSON.stringify({ reference: [pattern] }) }, status: 200 });
      const names = (json as { RepoTags: string[] }[]).flatMap(({ RepoTags }) => RepoTags).filter((name) => /^rules\/p[ao]t:/.test(name));
      assert.deepEqual(names.toSorted(), found.map((name) => `rules/${name}`));
    });
  }

  test('an image of no known age came after none', async () => {
    await load(ownLayer(), ['rules/ageless:1'], { created: undefined });
    await load(ownLayer(), ['rules/old:1']);
    const { json } = await engine.expect('GET', '/images/json', { query: { filters: JSON.stringify({ since: ['rules/old:1'] }) }, status: 200 });
    assert.ok(!(json as { RepoTags: string[] | null }[]).some(({ RepoTags }) => RepoTags?.includes('rules/ageless:1')));
  });

  test('a prune takes one moment', () =>
    engine.answers('POST', '/images/prune', { query: { filters: JSON.stringify({ until: ['1h', '2h'] }) }, status: [400, 500], message: 'more than one until filter specified' }));
});
