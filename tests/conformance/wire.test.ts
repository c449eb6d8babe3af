import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('the wire', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });
  afterEach(async () => {
    await engine.call('DELETE', '/volumes/conf-wire', { query: { force: 1 } });
  });

  /** Everything the other side says to these bytes, until it closes: the request must ask for that. */
  async function said(bytes: string): Promise<string> {
    const socket = createConnection(engine.socketPath);
    socket.write(bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('latin1');
  }
  const closing = (line: string, more = ''): string => `${line} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n${more}\r\n`;

  for (const [method, path] of [
    ['GET', '/no/such/route'], ['GET', '/'], ['POST', '/containers/json'], ['GET', '/containers/create'], ['DELETE', '/_ping'], ['PATCH', '/info'],
    ['GET', '/info/'], ['GET', '/containers/json/'],
  ] as const) {
    test(`${method} ${path} is no page`, () => engine.answers(method, path, { status: 404, message: 'page not found' }));
  }

  test('HEAD of what has only GET is 404 without a body', async () => {
    const answer = await engine.call('HEAD', '/info');
    assert.deepEqual([answer.status, answer.text], [404, '']);
  });

  test('OPTIONS is 200 anywhere', async () => { await engine.expect('OPTIONS', '/no/such/route', { status: 200 }); });

  for (const [path, location] of [
    ['//_ping', '/_ping'], ['/containers/../_ping', '/_ping'], ['/v1.41/containers//name/json?size=1', '/v1.41/containers/name/json?size=1'],
    ['/v1.41/containers/%2Fname/json', '/v1.41/containers/name/json'],
  ]) {
    test(`${path} leads to ${location}`, async () => {
      const answer = await said(closing(`GET ${path}`));
      assert.match(answer, /^HTTP\/1\.1 301 /);
      assert.equal(/\r\nLocation: (.*)\r\n/.exec(answer)?.[1], location);
    });
  }

  test('a thousand clients may come in one moment', async (context) => {
    const sockets = Array.from({ length: 1000 }, () => createConnection(engine.socketPath));
    context.after(() => { for (const socket of sockets) socket.destroy(); });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    assert.equal((await engine.call('GET', '/_ping')).status, 200);
  });

  test('OPTIONS asks of the server as a whole too', async () => {
    assert.match(await said(closing('OPTIONS *')), /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 0\r\n/);
  });

  test('nothing is said of a connection that stays', async () => {
    const { headers } = await engine.call('GET', '/_ping', { headers: { Connection: 'keep-alive' } });
    assert.deepEqual([headers.connection, headers['keep-alive']], [undefined, undefined]);
  });

  for (const [method, path, message] of [
    ['GET', '/containers/a/b/json', 'No such container: a/b'], ['DELETE', '/containers/a%2Fb', 'No such container: a/b'], ['POST', '/containers/a/b/start', 'No such container: a/b'],
    ['GET', '/networks/a/b', 'network a/b not found'], ['GET', '/volumes/a/b', 'get a/b: no such volume'], ['GET', '/exec/a/b/json', 'No such exec instance: a/b'],
  ] as const) {
    test(`${method} ${path} is told of the whole name`, () => engine.answers(method, path, { status: 404, message }));
  }

  test('a name that was encoded twice is not decoded twice', () =>
    engine.answers('GET', '/containers/%2564x/json', { status: 404, message: 'No such container: %64x' }));

  test('a body may come in chunks, and after 100 Continue', async () => {
    const head = 'POST /v1.41/volumes/create HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Type: application/json\r\n';
    const chunked = await said(`${head}Transfer-Encoding: chunked\r\n\r\n8\r\n{"Name":\r\nc\r\n"conf-wire"}\r\n0\r\n\r\n`);
    assert.match(chunked, /^HTTP\/1\.1 201 [^]*"Name":"conf-wire"/);
    const expected = await said(`${head}Expect: 100-continue\r\nContent-Length: 20\r\n\r\n{"Name":"conf-wire"}`);
    assert.match(expected, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /);
  });

  test('requests in one breath are answered in their order', async () => {
    const answers = await said(`GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\nGET /v1.41/no/route HTTP/1.1\r\nHost: docker\r\n\r\n${closing('HEAD /_ping')}`);
    assert.deepEqual([...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map((match) => match[1]), ['200', '404', '200']);
  });

  test('an absolute target, a long one, and long headers are taken', async () => {
    assert.match(await said(closing('GET http://docker/_ping')), /^HTTP\/1\.1 200 /);
    const name = 'a'.repeat(100_000);
    await engine.expect('GET', `/containers/${name}/json`, { status: 404, message: `No such container: ${name}` });
    assert.match(await said(closing('GET /_ping', `X-Long: ${'a'.repeat(500_000)}\r\n`)), /^HTTP\/1\.1 200 /);
    // Go's server takes 2500 of them no more since 1.26.
    if (!engine.ours) return;
    assert.match(await said(closing('GET /_ping', Array.from({ length: 2500 }, (_, index) => `X-${index}: y\r\n`).join(''))), /^HTTP\/1\.1 200 /);
  });

  test('an Upgrade where nothing upgrades is passed over', async () => {
    assert.match(await said('GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade, close\r\nUpgrade: tcp\r\n\r\n'), /^HTTP\/1\.1 200 [^]*OK$/);
  });

  test('what is no HTTP is refused and the connection closed', async () => {
    assert.match(await said('garbage\r\n\r\n'), /^HTTP\/1\.1 400 Bad Request/);
    assert.match(await said('GET /_ping HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.match(await said('GET /_ping\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.match(await said(closing('GET /_ping', 'Host: other\r\n')), /^HTTP\/1\.1 400 /);
  });

  for (const [body, message] of [
    ['{', 'unexpected EOF'], ['nul', 'unexpected EOF'], ['{"a":}', "invalid character '}' looking for beginning of value"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"], ['{"Name":"x",}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"], ['[1 2]', "invalid character '2' after array element"], ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"], ['{"a":"\\x"}', /invalid character 'x' in string escape code|invalid escape sequence `\\x` in string/], ['-x', "invalid character 'x' in numeric literal"],
    ['[]', /cannot unmarshal array into Go value of type/], ['"x"', /cannot unmarshal string into Go value of type/], ['{"Name":5}', /cannot unmarshal number into Go struct field \w+\.Name of type string/],
  ] as const) {
    test(`the body ${body} is told wrong as Go tells it`, async () => {
      const answer = await engine.expect('POST', '/volumes/create', { raw: Buffer.from(body), headers: { 'Content-Type': 'application/json' }, status: [400, 500] });
      if (typeof message === 'string') assert.ok([message, `invalid JSON: ${message}`].includes(answer.json.message), answer.text);
      else assert.match(answer.json.message, message);
    });
  }

  for (const [type, status] of [['text/plain', 400], ['application/x-json', 400], ['application/json; charset=utf-8', 201], ['APPLICATION/JSON', 201]] as const) {
    test(`a body of type ${type} is ${status}`, async () => {
      await engine.expect('POST', '/volumes/create', { raw: Buffer.from('{"Name":"conf-wire"}'), headers: { 'Content-Type': type }, status });
    });
  }

  test('fields match whatever their case, the last one counts, and unknown ones nothing', async () => {
    const { json } = await engine.expect('POST', '/volumes/create', { raw: Buffer.from('{"NAME":"conf-other","colour":1,"name":"conf-wire"}'), headers: { 'Content-Type': 'application/json' }, status: 201 });
    assert.equal(json.Name, 'conf-wire');
  });

  for (const [method, path] of [
    ['GET', '/swarm'], ['GET', '/swarm/unlockkey'], ['POST', '/swarm/unlock'], ['GET', '/nodes'], ['GET', '/nodes/x'], ['DELETE', '/nodes/x'], ['GET', '/services'], ['GET', '/services/x'],
    ['POST', '/services/create'], ['DELETE', '/services/x'], ['GET', '/tasks'], ['GET', '/tasks/x'], ['GET', '/secrets'], ['POST', '/secrets/create'], ['GET', '/secrets/x'],
    ['DELETE', '/secrets/x'], ['GET', '/configs'], ['POST', '/configs/create'], ['GET', '/configs/x'],
  ] as const) {
    test(`${method} ${path} is for managers of a swarm`, () =>
      engine.answers(method, path, { ...(method === 'POST' && { body: {} }), status: 503, message: /^This node is not a swarm manager\. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again\.$/ }));
  }

  test('one cannot leave a swarm one is not in', () => engine.answers('POST', '/swarm/leave', { status: 503, message: 'This node is not part of a swarm' }));
  test('there is no task to create', () => engine.answers('POST', '/tasks/create', { body: {}, status: 404, message: 'page not found' }));

  for (const [method, path] of [['GET', '/plugins/x/json'], ['DELETE', '/plugins/x'], ['POST', '/plugins/x/disable']] as const) {
    test(`${method} ${path} finds no plugin`, () => engine.answers(method, path, { status: 404, message: 'plugin "x" not found' }));
  }
});
