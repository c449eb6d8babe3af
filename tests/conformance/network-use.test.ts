import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { MadeNetworks } from './made-networks.ts';
import { useEngine } from './target.ts';

describe('networks and the containers on them', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });
  const made = new MadeNetworks(() => engine);
  const { unique, make: network } = made;
  const on = (name: string, endpoint: object = {}) => ({ HostConfig: { NetworkMode: name }, NetworkingConfig: { EndpointsConfig: { [name]: endpoint } } });
  const stop = (id: string) => engine.expect('POST', `/containers/${id}/stop`, { query: { t: 0 }, status: 204 });
  const endpoints = async (id: string): Promise<Record<string, any>> => (await engine.inspect(id)).NetworkSettings.Networks;
  const connect = (name: string, Container: string, more: object = {}) => engine.expect('POST', `/networks/${name}/connect`, { body: { Container, ...more }, status: 200 });

  afterEach(async () => {
    await engine.clean();
    await made.clean();
  });

  test('prune takes those that no running container is on, and that its filters let through', async () => {
    const mine = unique();
    const [kept, idle, rests, runs] = [await network({ Labels: { other: mine } }), ...await Promise.all([1, 2, 3].map(() => network({ Labels: { [mine]: '' } })))] as const;
    const waiting = await engine.create(on(idle!.name));
    await stop(await engine.run(on(rests!.name)));
    await engine.run(on(runs!.name));
    const { json } = await engine.expect('POST', '/networks/prune', { query: { filters: JSON.stringify({ label: [mine] }) }, status: 200 });
    assert.deepEqual(json.NetworksDeleted.toSorted(), [idle!.name, rests!.name].toSorted());
    for (const { name } of [kept, runs!]) await engine.expect('GET', `/networks/${name}`, { status: 200 });
    await engine.expect('POST', `/containers/${waiting}/start`, { status: 404, message: new RegExp(`network ${idle!.name} not found$`) });
    // A container that has not been on its network yet finds another one of that name.
    made.add((await engine.expect('POST', '/networks/create', { body: { Name: idle!.name }, status: 201 })).json.Id);
    await engine.expect('POST', `/containers/${waiting}/start`, { status: 204 });
    await stop(waiting);
  });

  test('prune leaves configurations', async () => {
    const mine = unique();
    const { name } = await network({ ConfigOnly: true, Labels: { [mine]: '' } });
    const { json } = await engine.expect('POST', '/networks/prune', { query: { filters: JSON.stringify({ label: [mine] }) }, status: 200 });
    assert.equal(json.NetworksDeleted, null);
    await engine.expect('GET', `/networks/${name}`, { status: 200 });
  });

  test('dangling are those of containers that rest, too', async () => {
    const { name } = await network();
    await engine.create(on(name));
    const { json } = await engine.expect('GET', '/networks', { query: { filters: JSON.stringify({ dangling: ['true'], name: [name] }) }, status: 200 });
    assert.deepEqual(json.map(({ Name }: { Name: string }) => Name), [name]);
  });

  test('a link to a container of another network is told of at the start', async () => {
    const elsewhere = await engine.run(on((await network()).name));
    const id = await engine.create({ HostConfig: { Links: [`${elsewhere}:other`] } });
    const message = `container ${elsewhere} not attached to default bridge network`;
    await engine.expect('POST', `/containers/${id}/start`, { status: [500, 400], message: new RegExp(engine.ours ? `^${message}$` : `^(?:${message}|Cannot link to .*, as it does not belong to the default network)$`) });
  });

  test('a container that rests is connected for its next start, once, and nothing is told of it', async () => {
    const { id, name } = await network({ IPAM: { Config: [{ Subnet: '10.213.31.0/24' }] } });
    const container = await engine.create();
    const since = Math.floor(Date.now() / 1000);
    await connect(name, container, { EndpointConfig: { IPAMConfig: { IPv4Address: '10.213.31.9' }, Aliases: ['first'] } });
    assert.equal((await endpoints(container))[name].IPAddress, '');
    await connect(name, container, { EndpointConfig: { Aliases: ['second'] } });
    const query = { since, until: Math.floor(Date.now() / 1000) + 1, filters: JSON.stringify({ network: [id], event: ['connect'] }) };
    assert.equal((await engine.expect('GET', '/events', { query, status: 200 })).text, '');
    await engine.expect('POST', `/containers/${container}/start`, { status: 204 });
    const { IPAddress, Aliases } = (await endpoints(container))[name];
    assert.deepEqual([IPAddress, Aliases.includes('first'), Aliases.includes('second')], ['10.213.31.9', true, false]);
    await engine.expect('POST', `/networks/${name}/connect`, { body: { Container: container }, status: 403, message: /^endpoint with name conf-\w+ already exists in network conf-/ });
  });

  test('a container that is paused is connected and disconnected', async () => {
    const { name } = await network();
    const container = await engine.run();
    await engine.expect('POST', `/containers/${container}/pause`, { status: 204 });
    await connect(name, container);
    assert.notEqual((await endpoints(container))[name].IPAddress, '');
    await engine.expect('POST', `/networks/${name}/disconnect`, { body: { Container: container }, status: 200 });
    await engine.expect('POST', `/containers/${container}/unpause`, { status: 204 });
    assert.deepEqual(Object.keys(await endpoints(container)), ['bridge']);
  });

  test('connect and disconnect need the name of a container', async () => {
    const { name } = await network();
    for (const verb of ['connect', 'disconnect']) {
      await engine.expect('POST', `/networks/${name}/${verb}`, { body: {}, status: 400, message: 'invalid name or ID supplied: ""' });
    }
  });

  test('an option of an endpoint that its driver does not know is kept', async () => {
    const { name } = await network();
    const container = await engine.run(on(name, { DriverOpts: { 'org.example.speed': 'high' } }));
    assert.deepEqual((await endpoints(container))[name].DriverOpts, { 'org.example.speed': 'high' });
  });

  const wrong: [what: string, endpoint: object, messages: string][] = [
    ['an address elsewhere', { IPAMConfig: { IPv4Address: '10.213.99.1' } }, 'invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.213.99.1'],
    ['a text for an address', { IPAMConfig: { IPv4Address: 'x' } }, 'invalid endpoint settings:\n* invalid IPv4 address: x\n* no configured subnet or ip-range contain the IP address x'],
    ['a link-local address that is none', { IPAMConfig: { LinkLocalIPs: ['10.1.1.1'] } }, 'invalid link local IP address: 10.1.1.1'],
  ];
  for (const [what, EndpointConfig, message] of wrong) {
    test(`connect refuses ${what}`, async (t) => {
      const newest = await engine.at('1.51');
      if (newest === undefined) return t.skip('older engines take it, or fail later');
      const { name } = await network({ IPAM: { Config: [{ Subnet: '10.213.32.0/24' }] } });
      const container = await engine.run();
      await newest.expect('POST', `/networks/${name}/connect`, { body: { Container: container, EndpointConfig }, status: 400, message });
      // Docker lists an endpoint that it could not make.
      if (engine.ours) assert.deepEqual(Object.keys(await endpoints(container)), ['bridge']);
    });
  }

  test('the gateway is the endpoint with the highest priority, then the first by name, never one on an internal network', async (t) => {
    const newest = await engine.at('1.48');
    if (newest === undefined) return t.skip('older engines know no priority');
    const base = unique();
    const [a, b, closed] = await Promise.all([['a', {}], ['b', {}], ['c', { Internal: true }]].map(async ([letter, more]) => (await network({ ...more as object, Name: `${base}-${letter as string}` })).id));
    const name = (letter: string): string => `${base}-${letter}`;
    assert.ok(a !== undefined && b !== undefined && closed !== undefined);
    const container = await engine.run({ HostConfig: { NetworkMode: name('b') } });
    const isGateway = async (letter: string): Promise<boolean> => {
      const { json: { Id } } = await engine.expect('POST', `/containers/${container}/exec`, { body: { Cmd: ['ip', 'route', 'show', 'default'], AttachStdout: true }, status: 201 });
      const { text } = await engine.expect('POST', `/exec/${Id}/start`, { body: {}, status: 200 });
      return text.includes(`via ${(await endpoints(container))[name(letter)].Gateway} `);
    };
    const join = (letter: string, GwPriority = 0) => newest.expect('POST', `/networks/${name(letter)}/connect`, { body: { Container: container, EndpointConfig: { GwPriority } }, status: 200 });
    const leave = (letter: string) => engine.expect('POST', `/networks/${name(letter)}/disconnect`, { body: { Container: container }, status: 200 });
    assert.ok(await isGateway('b'), 'the only one');
    await join('c', 9);
    assert.ok(await isGateway('b'), 'beside an internal network');
    await join('a');
    assert.ok(await isGateway('a'), 'the first by name');
    await leave('b');
    await join('b', 5);
    assert.ok(await isGateway('b'), 'the highest priority');
    await engine.expect('POST', `/containers/${container}/restart`, { query: { t: 0 }, status: 204 });
    assert.ok(await isGateway('b'), 'after a restart');
    await leave('b');
    assert.ok(await isGateway('a'), 'when the first has left');
  });

  test('a link follows its container when that is named otherwise, and ends with rm --link', async () => {
    const [child, parent, later] = [unique(), unique(), unique()];
    const id = await engine.create({ Env: ['SECRET=x'] }, child);
    await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    const linked = await engine.create({ HostConfig: { Links: [`${child}:db`] } }, parent);
    await engine.expect('POST', `/containers/${linked}/start`, { status: 204 });
    await engine.expect('POST', `/containers/${id}/rename`, { query: { name: later }, status: 204 });
    assert.deepEqual((await engine.inspect(linked)).HostConfig.Links, [`/${later}:/${parent}/db`]);
    const { json: { Id } } = await engine.expect('POST', `/containers/${linked}/exec`, { body: { Cmd: ['env'], AttachStdout: true }, status: 201 });
    const { text } = await engine.expect('POST', `/exec/${Id}/start`, { body: {}, status: 200 });
    assert.match(text, new RegExp(`DB_NAME=/${parent}/db\n`));
    assert.match(text, /DB_ENV_SECRET=x\n/);
    await engine.expect('DELETE', `/containers/${parent}/nope`, { query: { link: 1 }, status: 404, message: `No such container: ${parent}/nope` });
    await engine.expect('DELETE', `/containers/${later}`, { query: { link: 1 }, status: [409, 500], message: 'Conflict, cannot remove the default link name of the container' });
    await engine.expect('DELETE', `/containers/${parent}/db`, { query: { link: 1 }, status: 204 });
    assert.equal((await engine.inspect(linked)).HostConfig.Links, null);
    await engine.expect('GET', `/containers/${later}/json`, { status: 200 });
    await engine.expect('DELETE', `/containers/${later}`, { query: { force: 1 }, status: 204 });
    await engine.expect('POST', `/containers/${linked}/restart`, { query: { t: 0 }, status: 204 });
  });

  test('a container answers to the names that others have for it by links, which are none to filter by', async () => {
    const [child, parent, later] = [unique(), unique(), unique()];
    const id = await engine.create({}, child);
    const linked = await engine.create({ HostConfig: { Links: [`${child}:sql`, `${child}:db`] } }, parent);
    const namesOf = async (filter: object): Promise<string[][]> =>
      (await engine.expect('GET', '/containers/json', { query: { all: 1, filters: JSON.stringify(filter) }, status: 200 })).json.map(({ Names }: { Names: string[] }) => Names);
    assert.deepEqual(await namesOf({ id: [id] }), [[`/${child}`, `/${parent}/db`, `/${parent}/sql`].toSorted()]);
    assert.deepEqual(await namesOf({ name: [parent] }), [[`/${parent}`]]);
    await engine.expect('POST', `/containers/${parent}/rename`, { query: { name: later }, status: 204 });
    await engine.expect('GET', `/containers/${parent}/db/json`, { status: 404 });
    for (const name of [`${later}/db`, `${later}/sql`]) assert.equal((await engine.inspect(name)).Id, id);
    await engine.expect('POST', `/containers/${later}/db/start`, { status: 204 });
    await engine.expect('DELETE', `/containers/${linked}`, { status: 204 });
    assert.deepEqual(await namesOf({ id: [id] }), [[`/${child}`]]);
    await engine.expect('GET', `/containers/${later}/db/json`, { status: 404 });
  });

  test('a link on a network of one\'s own names nobody for the engine', async () => {
    const [{ name }, child, parent] = [await network(), unique(), unique()];
    const id = await engine.create(on(name), child);
    await engine.create({ ...on(name), HostConfig: { NetworkMode: name, Links: [`${child}:db`] } }, parent);
    const { json } = await engine.expect('GET', '/containers/json', { query: { all: 1, filters: JSON.stringify({ id: [id] }) }, status: 200 });
    assert.deepEqual(json[0].Names, [`/${child}`]);
    await engine.expect('GET', `/containers/${parent}/db/json`, { status: 404 });
  });

  test('a container that is linked to one that is gone does not start', async () => {
    const child = unique();
    const id = await engine.create({}, child);
    const linked = await engine.create({ HostConfig: { Links: [`${child}:db`] } });
    await engine.expect('DELETE', `/containers/${id}`, { status: 204 });
    await engine.expect('POST', `/containers/${linked}/start`, { status: [400, 500], message: /^Cannot link to a non running container: \/\w[\w-]+ AS \/conf-\w+\/db$/ });
    await engine.expect('POST', '/containers/create', { body: { Image: engine.image, HostConfig: { Links: [''] } }, status: [400, 500], message: 'empty string specified for links' });
  });

  test('a container shows the sandbox that is its own, or the host\'s, and none where it shares another\'s', async () => {
    const own = await engine.run();
    const key = async (NetworkMode: string): Promise<string> => (await engine.inspect(await engine.run({ HostConfig: { NetworkMode } }))).NetworkSettings.SandboxKey;
    assert.notEqual((await engine.inspect(own)).NetworkSettings.SandboxKey, '');
    assert.deepEqual([await key(`container:${own}`), (await key('host')) !== '', (await key('none')) !== ''], ['', true, true]);
  });
});
