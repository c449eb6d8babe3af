import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { GantryError } from '../../src/base/errors.ts';
import { serve } from './support/serve.ts';

test('_ping answers OK with the headers that clients negotiate by', async () => {
  await using server = await serve({});
  const answer = await server.call('GET', '/_ping');
  assert.equal(answer.status, 200);
  assert.equal(answer.text, 'OK');
  assert.equal(answer.headers['api-version'], '1.51');
  assert.equal(answer.headers['ostype'], 'linux');
  assert.equal(answer.headers['docker-experimental'], 'false');
  assert.equal(answer.headers['server'], 'Docker/0.1.0 (linux)');
  assert.equal(answer.headers['swarm'], 'inactive');
  assert.equal(answer.headers['cache-control'], 'no-cache, no-store, must-revalidate');
  const head = await server.call('HEAD', '/v1.40/_ping');
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
  assert.equal(head.headers['api-version'], '1.51');
});

const refusals: [method: string, path: string, status: number, message: string][] = [
  ['GET', '/v1.23/info', 400, 'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version'],
  ['GET', '/v1.52/info', 400, 'client version 1.52 is too new. Maximum supported API version is 1.51'],
  ['GET', '/v1.51/nothing', 404, 'page not found'],
  ['GET', '/', 404, 'page not found'],
  ['PATCH', '/containers/json', 404, 'page not found'],
  ['GET', '/containers/%ff/json', 400, 'the request path is not valid percent-encoding'],
  ['GET', '/swarm', 503, 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'],
  ['POST', '/build', 501, 'not supported by this engine: building images (POST /build)'],
  ['GET', '/containers/json?filters=%7B%22x%22%3A%5B%22y%22%5D%7D', 400, 'invalid filter \'x\''],
  ['GET', '/containers/json?filters=nonsense', 400, 'invalid filter'],
  ['GET', '/containers/json?limit=many', 400, 'strconv.Atoi: parsing "many": invalid syntax'],
  ['GET', '/containers/x/logs', 400, 'Bad parameters: you must choose at least one stream'],
  ['POST', '/containers/x/wait?condition=soon', 400, 'invalid condition: "soon"'],
  ['POST', '/containers/x/resize?h=-1&w=2', 400, 'invalid resize height "-1": value out of range'],
  ['POST', '/containers/x/attach?detachKeys=nope', 400, 'Invalid detach keys (nope) provided'],
];
for (const [method, path, status, message] of refusals) {
  test(`${method} ${path} is refused with ${status}`, async () => {
    await using server = await serve({ containers: {} });
    const answer = await server.call(method, path);
    assert.deepEqual({ status: answer.status, body: answer.json }, { status, body: { message } });
    assert.equal(answer.headers['api-version'], '1.51');
  });
}

for (const [path, location] of [
  ['/containers/../../etc/passwd', '/etc/passwd'], ['/images/..%2f..%2fx/json', '/x/json'], ['/v1.51/containers//name/json?size=1', '/v1.51/containers/name/json?size=1'],
  ['/v1.51/containers/%2Fname%3f/json', '/v1.51/containers/name%3F/json'], ['/containers/json//', '/containers/json/'], ['/./info', '/info'],
]) {
  test(`${path} is found at ${location}`, async () => {
    await using server = await serve({ containers: {} });
    const answer = await server.call('GET', path!);
    assert.deepEqual([answer.status, answer.headers['location'], answer.text], [301, location, '']);
  });
}

test('an error of nobody\'s making is a 500 without a stack', async () => {
  await using server = await serve({ containers: { list: () => { throw new Error('disk on fire'); } } });
  const answer = await server.call('GET', '/containers/json');
  assert.deepEqual({ status: answer.status, body: answer.json }, { status: 500, body: { message: 'disk on fire' } });
});

test('notModified has a status and no body', async () => {
  await using server = await serve({ containers: { start: () => Promise.reject(new GantryError('notModified', 'it runs')) } });
  const answer = await server.call('POST', '/containers/x/start');
  assert.deepEqual([answer.status, answer.text], [304, '']);
});

const badBodies: [body: string, headers: Record<string, string>, message: RegExp][] = [
  ['{}', { 'content-type': 'text/plain' }, /^unsupported Content-Type header \(text\/plain\): must be 'application\/json'$/],
  ['{"Image":"x"} trailing', {}, /^unexpected content after JSON$/],
  ['{"Image":', {}, /^invalid JSON: unexpected EOF$/],
  ['{', {}, /^invalid JSON: unexpected EOF$/],
  ['{"Image":"x', {}, /^invalid JSON: unexpected EOF$/],
  ['{nope}', {}, /^invalid JSON: invalid character 'n' looking for beginning of object key string$/],
  [' ', {}, /^invalid JSON: got EOF while reading request body$/],
  ['[]', {}, /^invalid JSON: json: cannot unmarshal array into Go value of type CreateRequest$/],
  ['{}', {}, /^config cannot be empty in order to create a container$/],
  ['{"Image":5}', {}, /^invalid JSON: json: cannot unmarshal number into Go struct field CreateRequest.Image of type string$/],
  ['{"Image":"x","HostConfig":{"Memory":"1g"}}', {}, /cannot unmarshal string into Go struct field CreateRequest.HostConfig.Memory of type int64$/],
  ['{"Image":"x","HostConfig":{"Memory":1e300}}', {}, /cannot unmarshal number 1e300 into Go struct field/],
];
for (const [body, headers, message] of badBodies) {
  test(`a create with the body ${body} (${headers['content-type'] ?? 'json'}) is refused`, async () => {
    await using server = await serve({});
    const answer = await server.call('POST', '/containers/create', { body, headers });
    assert.equal(answer.status, 400);
    assert.match(answer.json.message, message);
  });
}

test('a body larger than the cap is refused', async () => {
  await using server = await serve({});
  const socket = await server.dial();
  socket.on('error', () => undefined);
  socket.write('POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 'x'), Buffer.from('\r\n')]);
  for (let count = 0; count < 33; count++) socket.write(chunk);
  const [head] = await once(socket, 'data') as [Buffer];
  assert.match(head.toString(), /^HTTP\/1.1 400 Bad Request\r\n[^]*"the request body is larger than 33554432 bytes"/);
  socket.destroy();
});

test('one connection carries several requests', async () => {
  await using server = await serve({});
  const socket = await server.dial();
  socket.write('GET /_ping HTTP/1.1\r\nHost: x\r\n\r\nGET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.equal(text.match(/HTTP\/1.1 200 OK/g)?.length, 2);
});

test('what is not HTTP gets a 400 and the end of the connection', async () => {
  await using server = await serve({});
  const socket = await server.dial();
  socket.write('\x16\x03\x01 hello\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1.1 400 Bad Request\r\n/);
});

test('the signal of a request aborts when its client goes away', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = Promise.withResolvers<void>();
  await using server = await serve({ containers: { wait: (_name, _condition, abort) => {
    abort.addEventListener('abort', () => resolve());
    waiting.resolve();
    return Promise.resolve({ done: new Promise(() => undefined) });
  } } });
  const socket = await server.dial();
  socket.write('POST /containers/x/wait HTTP/1.1\r\nHost: x\r\n\r\n');
  await waiting.promise;
  const [head] = await once(socket, 'data') as [Buffer];
  assert.match(head.toString(), /^HTTP\/1.1 200 OK\r\n/, 'the headers come before the end');
  socket.destroy();
  await promise;
});

const origins: [headers: Record<string, string>, kind: 'unix' | 'tcp', status: number][] = [
  [{ host: 'evil.example' }, 'tcp', 403],
  [{ host: 'evil.example' }, 'unix', 200],
  [{ host: '127.0.0.1:2375' }, 'tcp', 200],
  [{ host: 'localhost' }, 'tcp', 200],
  [{ host: '[::1]:2375' }, 'tcp', 200],
  [{ host: '127.0.0.1:2375', origin: 'http://evil.example' }, 'tcp', 403],
  [{ host: '127.0.0.1:2375', origin: 'null' }, 'tcp', 403],
  [{ host: '127.0.0.1:2375', origin: 'http://127.0.0.1:2375' }, 'tcp', 200],
];
for (const [headers, kind, status] of origins) {
  test(`a ${kind} listener answers ${JSON.stringify(headers)} with ${status}`, async () => {
    await using server = await serve({}, kind);
    assert.equal((await server.call('GET', '/_ping', { headers })).status, status);
  });
}

test('close() cuts idle connections at once and lets a request under way finish', async () => {
  const end = Promise.withResolvers<{ exitCode: number }>();
  await using server = await serve({ containers: { wait: () => Promise.resolve({ done: end.promise }) } });
  const idle = await server.dial();
  idle.write('GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(idle, 'data');
  const busy = await server.dial();
  busy.write('POST /containers/x/wait HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(busy, 'data');
  const closed = server.close(60_000);
  await once(idle.resume(), 'end');
  idle.destroy();
  end.resolve({ exitCode: 0 });
  let rest = '';
  busy.on('data', (chunk) => { rest += String(chunk); });
  await once(busy, 'end');
  busy.destroy();
  await closed;
  assert.match(rest, /\{"StatusCode":0\}/);
});

test('close() does not wait longer than its grace for a stream without an end', async () => {
  await using server = await serve({ containers: { wait: () => Promise.resolve({ done: new Promise(() => undefined) }) } });
  const busy = await server.dial();
  busy.on('error', () => undefined);
  busy.write('POST /containers/x/wait HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(busy, 'data');
  const gone = once(busy, 'close');
  busy.once('end', () => busy.destroy());
  await server.close(1);
  await gone;
});

for (const [title, read] of [['nothing', async () => undefined], ['a part', async (body: Readable) => { await once(body, 'data'); body.pause(); }]] as const) {
  test(`an answer that comes when ${title} of a body is read reaches who is still sending, also on a connection that ends with it`, async () => {
    await using server = await serve({ images: { import: async (source) => {
      await read(source as Readable);
      throw new GantryError('invalid', 'refused');
    } } });
    const client = await server.dial();
    const answered = once(client, 'end');
    let answer = '';
    client.setEncoding('utf8').on('data', (part: string) => { answer += part; });
    const send = (bytes: string | Buffer): Promise<void> => new Promise((resolve, reject) => { client.write(bytes, (error) => (error ? reject(error) : resolve())); });
    await send('POST /images/create?fromSrc=- HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await answered;
    assert.match(answer, /^HTTP\/1\.1 400 [^]*refused/);
    // More than the buffers between the two hold: a connection that is gone breaks.
    for (let sent = 0; sent < 64; sent++) await send(Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(1 << 16), Buffer.from('\r\n')]));
    const closed = once(client, 'close');
    client.end('0\r\n\r\n');
    await closed;
  });
}
