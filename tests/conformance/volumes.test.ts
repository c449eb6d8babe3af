import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('volumes', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });
  const made: string[] = [];
  afterEach(async () => {
    for (const name of made.splice(0)) await engine.call('DELETE', `/volumes/${name}`, { query: { force: 1 } });
  });

  const create = async (body: { Name: string; [field: string]: unknown }): Promise<any> => {
    made.push(body.Name);
    return (await engine.expect('POST', '/volumes/create', { body, status: 201 })).json;
  };
  const filters = (value: Record<string, string[]>): { filters: string } => ({ filters: JSON.stringify(value) });
  const listed = async (value: Record<string, string[]>): Promise<string[]> =>
    ((await engine.expect('GET', '/volumes', { query: filters(value), status: 200 })).json.Volumes ?? []).map(({ Name }: { Name: string }) => Name).sort();

  test('create answers with the volume, and again with the same one', async () => {
    const first = await create({ Name: 'conf-v', Labels: { a: 'b' } });
    assert.deepEqual([first.Name, first.Driver, first.Scope, first.Labels, first.Options], ['conf-v', 'local', 'local', { a: 'b' }, null]);
    assert.match(first.Mountpoint, /\/volumes\/conf-v\/_data$/);
    assert.match(first.CreatedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(await create({ Name: 'conf-v' }), first);
    assert.deepEqual((await engine.expect('GET', '/volumes/conf-v', { status: 200 })).json, first);
    assert.equal((await create({ Name: 'conf-plain' })).Labels, null);
  });

  test('a volume without a name gets one of 64 hex digits', async () => {
    const { Name } = (await engine.expect('POST', '/volumes/create', { body: {}, status: 201 })).json;
    made.push(Name);
    assert.match(Name, /^[0-9a-f]{64}$/);
  });

  const refused: [body: { Name: string; [field: string]: unknown }, status: readonly number[], message: string | RegExp][] = [
    [{ Name: 'a' }, [400], 'create a: volume name is too short, names should be at least two alphanumeric characters'],
    [{ Name: 'é' }, [400], /^create é: "é" includes invalid characters for a local volume name, only/],
    [{ Name: 'a/b' }, [400], /^create a\/b: "a\/b" includes invalid characters for a local volume name, only/],
    [{ Name: 'conf-x', Driver: 'foo' }, [404], 'create conf-x: error looking up volume plugin foo: plugin "foo" not found'],
    [{ Name: 'conf-x', DriverOpts: { colour: 'red' } }, [400], 'create conf-x: invalid option: "colour"'],
    [{ Name: 'conf-x', DriverOpts: { type: 'tmpfs' } }, [400], 'create conf-x: missing required option: "device"'],
    [{ Name: 'conf-x', DriverOpts: { o: 'ro' } }, [400], 'create conf-x: missing required option: "device"'],
    [{ Name: 'conf-x', DriverOpts: { device: 'tmpfs' } }, [400], 'create conf-x: missing required option: "type"'],
    [{ Name: 'conf-x', DriverOpts: { size: '10m' } }, [400], 'create conf-x: quota size requested but no quota support'],
    [{ Name: 'conf-x', DriverOpts: { size: 'zz' } }, [400, 500], "create conf-x: invalid size: 'zz'"],
  ];
  for (const [body, status, message] of refused) {
    test(`create refuses ${JSON.stringify(body)}, and makes nothing`, async () => {
      await engine.answers('POST', '/volumes/create', { body, status, message });
      await engine.expect('GET', `/volumes/${encodeURIComponent(body.Name)}`, { status: 404 });
    });
  }

  test('what is not there is 404, and with force its removal is well', async () => {
    await engine.expect('GET', '/volumes/conf-none', { status: 404, message: 'get conf-none: no such volume' });
    await engine.expect('DELETE', '/volumes/conf-none', { status: 404, message: 'get conf-none: no such volume' });
    await engine.expect('DELETE', '/volumes/conf-none', { query: { force: 1 }, status: 204 });
  });

  test('a volume that a container has, running or not, cannot be removed, with force neither', async () => {
    await create({ Name: 'conf-used' });
    const id = await engine.create({ HostConfig: { Binds: ['conf-used:/v'] } });
    for (const force of [0, 1]) {
      await engine.expect('DELETE', '/volumes/conf-used', { query: { force }, status: 409, message: `remove conf-used: volume is in use - [${id}]` });
    }
  });

  test('lists are filtered by name, label, driver and use', async () => {
    await create({ Name: 'conf-one', Labels: { tier: 'db' } });
    await create({ Name: 'conf-two', Labels: { tier: 'web' } });
    await engine.create({ HostConfig: { Binds: ['conf-two:/v'] } });
    const mine = { name: ['conf-'] };
    assert.deepEqual(await listed(mine), ['conf-one', 'conf-two']);
    assert.deepEqual(await listed({ name: ['one', 'two'] }), ['conf-one', 'conf-two']);
    assert.deepEqual(await listed({ name: ['^conf-.n'] }), ['conf-one']);
    assert.deepEqual(await listed({ ...mine, label: ['tier'] }), ['conf-one', 'conf-two']);
    assert.deepEqual(await listed({ ...mine, label: ['tier=db'] }), ['conf-one']);
    assert.deepEqual(await listed({ ...mine, driver: ['local'] }), ['conf-one', 'conf-two']);
    assert.deepEqual(await listed({ ...mine, driver: ['other'] }), []);
    assert.deepEqual(await listed({ ...mine, dangling: ['true'] }), ['conf-one']);
    assert.deepEqual(await listed({ ...mine, dangling: ['false'] }), ['conf-two']);
    await engine.expect('GET', '/volumes', { query: filters({ colour: ['red'] }), status: 400, message: /invalid filter 'colour'/i });
    for (const word of ['maybe', 't', 'True']) await engine.expect('GET', '/volumes', { query: filters({ dangling: [word] }), status: 400, message: new RegExp(`invalid filter 'dangling=\\[${word}\\]'`, 'i') });
  });

  test('a prune of old takes unused volumes with a name, by label', async () => {
    await create({ Name: 'conf-gone', Labels: { prune: 'me' } });
    await create({ Name: 'conf-kept', Labels: { prune: 'me' } });
    await engine.create({ HostConfig: { Binds: ['conf-kept:/v'] } });
    const { json } = await engine.expect('POST', '/volumes/prune', { query: filters({ label: ['prune=me'] }), status: 200 });
    assert.deepEqual(json, { VolumesDeleted: ['conf-gone'], SpaceReclaimed: 0 });
    await engine.expect('POST', '/volumes/prune', { query: filters({ colour: ['red'] }), status: 400, message: /invalid filter 'colour'/i });
  });

  test('a prune with nothing to take says so with a list, and refuses filters it does not know', async () => {
    const { json } = await engine.expect('POST', '/volumes/prune', { query: filters({ label: ['conf-nobody=has'] }), status: 200 });
    assert.deepEqual(json, { VolumesDeleted: [], SpaceReclaimed: 0 });
    for (const key of ['nope', 'until', 'dangling']) {
      await engine.expect('POST', '/volumes/prune', { query: filters({ [key]: ['x'] }), status: 400, message: new RegExp(`^invalid filter '${key}'$`, 'i') });
    }
  });

  test('a prune and df pass over volumes with driver options: what they stand for lies elsewhere', async () => {
    await create({ Name: 'conf-elsewhere', Labels: { prune: 'me' }, DriverOpts: { type: 'tmpfs', device: 'tmpfs' } });
    const pruned = await engine.expect('POST', '/volumes/prune', { query: filters({ label: ['prune=me'] }), status: 200 });
    assert.deepEqual(pruned.json.VolumesDeleted, []);
    const { Volumes } = (await engine.expect('GET', '/system/df', { status: 200 })).json;
    assert.ok(!Volumes.some(({ Name }: { Name: string }) => Name === 'conf-elsewhere'));
  });

  test('label! keeps only what has all of its labels', async () => {
    await create({ Name: 'conf-one', Labels: { mine: 'x', one: '' } });
    await create({ Name: 'conf-both', Labels: { mine: 'x', one: '', two: '' } });
    const { json } = await engine.expect('POST', '/volumes/prune', { query: filters({ label: ['mine=x'], 'label!': ['one', 'two'] }), status: 200 });
    assert.deepEqual(json.VolumesDeleted, ['conf-one']);
  });

  test('a volume is shared by containers that start at once, and has the image\'s files once', async (context) => {
    if (!engine.ours) return void context.skip('Docker copies for each of them at once, and one finds the other\'s files in its way');
    await create({ Name: 'conf-shared' });
    const ids = await Promise.all(Array.from({ length: 4 }, () => engine.create({ Cmd: ['sh', '-c', 'cat /etc/passwd >/dev/null && ls /etc | wc -l'], HostConfig: { Binds: ['conf-shared:/etc'] } })));
    await Promise.all(ids.map((id) => engine.expect('POST', `/containers/${id}/start`, { status: 204 })));
    for (const id of ids) assert.equal((await engine.expect('POST', `/containers/${id}/wait`, { status: 200 })).json.StatusCode, 0);
  });

  test('a container shows its volumes, named and anonymous, and the latter go with it', async () => {
    made.push('conf-named');
    const id = await engine.create({ Volumes: { '/anon': {} }, HostConfig: { Binds: ['conf-named:/named:ro'] } });
    const mounts = (await engine.inspect(id)).Mounts as { Type: string; Name: string; Destination: string; RW: boolean; Driver: string }[];
    const [anonymous, named] = mounts.sort((a, b) => a.Destination.localeCompare(b.Destination));
    assert.deepEqual([named?.Type, named?.Name, named?.RW, named?.Driver], ['volume', 'conf-named', false, 'local']);
    await engine.expect('DELETE', `/containers/${id}`, { query: { v: 1 }, status: 204 });
    await engine.expect('GET', `/volumes/${anonymous?.Name}`, { status: 404 });
    await engine.expect('GET', '/volumes/conf-named', { status: 200 });
  });

  test('an empty volume gets the image\'s files when the container is created', async () => {
    made.push('conf-copied');
    await engine.create({ HostConfig: { Binds: ['conf-copied:/etc'] } });
    assert.match((await engine.finished({ Cmd: ['ls', '/v'], HostConfig: { Binds: ['conf-copied:/v'] } })).stdout, /^passwd$/m);
  });

  test('a tmpfs volume that cannot be mounted is told of at the start', async () => {
    await create({ Name: 'conf-bad', DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'bogus' } });
    const id = await engine.create({ HostConfig: { Binds: ['conf-bad:/v'] } });
    await engine.expect('POST', `/containers/${id}/start`, { status: 500, message: /error while mounting volume '.*conf-bad\/_data': failed to mount local volume: mount tmpfs:.*, data: bogus: invalid argument/ });
  });

  test('df tells what volumes weigh', async () => {
    await create({ Name: 'conf-df' });
    await engine.finished({ Cmd: ['sh', '-c', 'head -c 1234 /dev/zero > /v/f'], HostConfig: { Binds: ['conf-df:/v'] } });
    const { json } = await engine.expect('GET', '/system/df', { status: 200 });
    const { UsageData } = json.Volumes.find(({ Name }: { Name: string }) => Name === 'conf-df');
    assert.deepEqual(UsageData, { RefCount: 1, Size: 1234 });
  });
});
