import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { GantryError } from '../../src/base/errors.ts';
import type { PullOptions } from '../../src/engine/images/verbs.ts';
import { image, imageId } from './support/samples.ts';
import { serve } from './support/serve.ts';

const lines = (text: string): unknown[] => text.trim().split('\r\n').map((line) => JSON.parse(line) as unknown);

test('a pull streams its progress, one object a line', async () => {
  const asked: [string, PullOptions][] = [];
  await using server = await serve({ images: { pull: (reference, options) => {
    asked.push([reference, options]);
    options.progress({ status: 'Pulling from library/busybox', id: 'latest', headline: true });
    options.progress({ status: 'Downloading', id: 'abc', progress: { current: 512, total: 1024 } });
    return Promise.resolve();
  } } });
  const auth = Buffer.from(JSON.stringify({ username: 'me', password: 'secret' })).toString('base64url');
  const answer = await server.call('POST', '/images/create?fromImage=busybox&tag=latest&platform=linux/arm64', { headers: { 'x-registry-auth': auth } });
  assert.deepEqual(lines(answer.text), [
    { status: 'Pulling from library/busybox', id: 'latest' },
    { status: 'Downloading', progressDetail: { current: 512, total: 1024 }, progress: `[${'='.repeat(25)}>${' '.repeat(25)}]     512B/1.024kB`, id: 'abc' },
  ]);
  const [reference, options] = asked[0]!;
  assert.deepEqual([reference, options.platform, options.auth?.username, options.allTags], ['busybox:latest', 'linux/arm64', 'me', false]);
});

test('an error before the first line of progress is a status, after it a line', async () => {
  for (const late of [false, true]) {
    await using server = await serve({ images: { pull: (_, { progress }) => {
      if (late) progress({ status: 'working' });
      return Promise.reject(new GantryError('notFound', 'manifest unknown'));
    } } });
    const answer = await server.call('POST', '/images/create?fromImage=nope&tag=1');
    if (late) assert.deepEqual([answer.status, lines(answer.text)[1]], [200, { errorDetail: { message: 'manifest unknown' }, error: 'manifest unknown' }]);
    else assert.deepEqual([answer.status, answer.json], [404, { message: 'manifest unknown' }]);
  }
});

test('a digest given as tag makes a reference by digest, and no tag means all of them', async () => {
  const asked: [string, boolean | undefined][] = [];
  await using server = await serve({ images: { pull: (reference, { allTags }) => { asked.push([reference, allTags]); return Promise.resolve(); } } });
  await server.call('POST', `/images/create?fromImage=busybox&tag=${encodeURIComponent(imageId)}`);
  await server.call('POST', '/images/create?fromImage=localhost:5000/busybox');
  assert.deepEqual(asked, [[`busybox@${imageId}`, false], ['localhost:5000/busybox', true]]);
});

test('import hands the body to the engine and streams its progress', async () => {
  let body = '';
  await using server = await serve({ images: { import: async (tar, options) => {
    for await (const chunk of tar as Readable) body += String(chunk);
    assert.deepEqual([options.repository, options.tag, options.changes, options.message], ['r', 't', ['CMD x', 'ENV a=b'], 'Imported from -']);
    options.progress({ status: imageId });
    return imageId;
  } } });
  const answer = await server.call('POST', '/images/create?fromSrc=-&repo=r&tag=t&changes=CMD+x&changes=ENV+a%3Db', { body: 'TAR', headers: { 'content-type': 'application/x-tar' } });
  assert.deepEqual([body, lines(answer.text)], ['TAR', [{ status: imageId }]]);
});

test('import from a URL hands it to the engine, and keeps its password to itself', async () => {
  const asked: string[] = [];
  await using server = await serve({ images: { import: (source, { message }) => { asked.push(String(source), message); return Promise.resolve(imageId); } } });
  assert.equal((await server.call('POST', '/images/create?fromSrc=https%3A%2F%2Fme%3Asecret%40example.com%2Froot.tar')).status, 200);
  assert.equal((await server.call('POST', '/images/create?fromSrc=example.com%2Froot.tar')).status, 200);
  assert.equal((await server.call('POST', '/images/create?fromSrc=http%3A%2F%2F%5B')).status, 400);
  assert.deepEqual(asked, ['https://me:secret@example.com/root.tar', 'Imported from https://example.com/root.tar', 'http://example.com/root.tar', 'Imported from http://example.com/root.tar']);
});

test('rmi hands single platforms to the engine, since 1.50', async () => {
  const asked: unknown[] = [];
  await using server = await serve({ images: { remove: (_name, { platforms }) => { asked.push(platforms); return Promise.resolve([{ deleted: imageId }]); } } });
  const [arm, riscv] = [{ os: 'linux', architecture: 'arm', variant: 'v7' }, { os: 'linux', architecture: 'riscv64' }].map((one) => encodeURIComponent(JSON.stringify(one)));
  const { json } = await server.call('DELETE', `/v1.50/images/a?platforms=${arm}&platforms=${riscv}`);
  assert.deepEqual(json, [{ Deleted: imageId }]);
  await server.call('DELETE', `/v1.49/images/a?platforms=${arm}`);
  assert.equal((await server.call('DELETE', '/v1.50/images/a?platforms=linux')).status, 400);
  assert.deepEqual(asked, [['linux/arm/v7', 'linux/riscv64'], []]);
});

test('load tells what went wrong in its stream', async () => {
  await using server = await serve({ images: { load: async (tar) => {
    await tar.toArray();
    throw new GantryError('invalid', 'the archive is cut off');
  } } });
  const answer = await server.call('POST', '/images/load?quiet=1', { body: 'x', headers: { 'content-type': 'application/x-tar' } });
  assert.deepEqual([answer.status, lines(answer.text)], [200, [{ errorDetail: { message: 'the archive is cut off' }, error: 'the archive is cut off' }]]);
});

test('save streams the tar of one or several names', async () => {
  const asked: string[][] = [];
  await using server = await serve({ images: { save: (names) => { asked.push(names); return Promise.resolve(Readable.from([Buffer.from('TAR')])); } } });
  const answer = await server.call('GET', '/images/get?names=a&names=b:1');
  await server.call('GET', '/images/reg.io/x/y/get');
  assert.deepEqual([answer.text, answer.headers['content-type'], asked], ['TAR', 'application/x-tar', [['a', 'b:1'], ['reg.io/x/y']]]);
});

test('the list of images', async () => {
  await using server = await serve({ images: { list: () => Promise.resolve([image]) } });
  const now = (await server.call('GET', '/images/json')).json;
  assert.deepEqual(now, [{
    Containers: 2, Created: 1_767_225_600, Id: imageId, Labels: null, ParentId: '', RepoDigests: [], RepoTags: ['busybox:latest'], SharedSize: -1, Size: 1000,
  }]);
  const old = (await server.call('GET', '/v1.43/images/json?shared-size=1')).json;
  assert.deepEqual([old[0].VirtualSize, old[0].SharedSize, old[0].Containers], [1000, 10, -1]);
});

test('an image without a name is <none> to clients before 1.43', async () => {
  await using server = await serve({ images: { list: () => Promise.resolve([{ ...image, repoTags: [] }]) } });
  assert.deepEqual((await server.call('GET', '/v1.42/images/json')).json[0].RepoTags, ['<none>:<none>']);
  assert.deepEqual((await server.call('GET', '/v1.43/images/json')).json[0].RepoTags, []);
});

test('inspect of an image', async () => {
  await using server = await serve({ images: { inspect: () => Promise.resolve(image) } });
  const { json } = await server.call('GET', '/images/reg.io/a/b:1/json');
  assert.deepEqual([json.Id, json.Author, json.Comment, json.Os, json.Architecture, json.RootFS], [imageId, 'me', 'made', 'linux', 'amd64', { Type: 'layers', Layers: [imageId] }]);
  assert.deepEqual([json.Config.Cmd, json.Config.Env, 'Hostname' in json.Config], [['sh'], ['PATH=/bin'], false]);
  const old = (await server.call('GET', '/v1.43/images/x/json')).json;
  assert.deepEqual([old.VirtualSize, old.Config.Hostname], [1000, '']);
});

test('remove lists what went', async () => {
  await using server = await serve({ images: { remove: (name, options) => {
    assert.deepEqual([name, options], ['a/b:1', { force: true, prune: false, platforms: [] }]);
    return Promise.resolve([{ untagged: 'a/b:1' }, { deleted: imageId }]);
  } } });
  assert.deepEqual((await server.call('DELETE', '/images/a/b:1?force=1&noprune=1')).json, [{ Untagged: 'a/b:1' }, { Deleted: imageId }]);
});
