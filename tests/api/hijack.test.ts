import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { GantryError } from '../../src/base/errors.ts';
import type { Attached } from '../../src/engine/containers/verbs.ts';
import type { ExecRecord, ExecVerbs } from '../../src/engine/execs/verbs.ts';
import { frame } from '../../src/api/server/streams/frames.ts';
import { serve, type PartialServices } from './support/serve.ts';

/** A container that answers: what is written to it comes back in capitals as `stream`, and its end follows the end of stdin. */
function echo(options: { tty: boolean; stream?: number }): Duplex {
  return new Duplex({
    read() { /* what is written is pushed at once */ },
    write(chunk: Buffer, _, done) {
      const loud = Buffer.from(chunk.toString().toUpperCase());
      this.push(options.tty ? loud : frame(options.stream ?? 1, loud));
      done();
    },
    final(done) { this.push(null); done(); },
  });
}

function attachable(tty: boolean, stream?: number): PartialServices {
  return { containers: { attach: () => Promise.resolve({ stream: echo({ tty, stream }), tty }) } };
}

/** Reads until `bytes` have come after the head of the answer. */
async function reader(socket: Socket): Promise<{ head: string; rest(): Promise<Buffer> }> {
  const chunks: Buffer[] = [];
  let all: Buffer = Buffer.alloc(0);
  while (!all.includes('\r\n\r\n')) {
    const [chunk] = await once(socket, 'data') as [Buffer];
    chunks.push(chunk);
    all = Buffer.concat(chunks);
  }
  const at = all.indexOf('\r\n\r\n') + 4;
  const early = all.subarray(at);
  return {
    head: all.subarray(0, at).toString(),
    async rest() {
      const parts = [early];
      for await (const chunk of socket) parts.push(chunk as Buffer);
      return Buffer.concat(parts);
    },
  };
}

const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
const attachPath = 'containers/x/attach?stream=1&stdin=1&stdout=1&stderr=1';

const heads: [title: string, version: string, upgradeLines: string, tty: boolean, expected: RegExp][] = [
  ['with Upgrade, frames since 1.42', 'v1.51', upgrade, false, /^HTTP\/1.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n/],
  ['with Upgrade, frames before 1.42', 'v1.41', upgrade, false, /^HTTP\/1.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n/],
  ['with Upgrade, a tty', 'v1.51', upgrade, true, /^HTTP\/1.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n/],
  ['without Upgrade', 'v1.51', '', false, /^HTTP\/1.1 200 OK\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n/],
];
for (const [title, version, upgradeLines, tty, expected] of heads) {
  test(`attach ${title}: both directions carry bytes, and the client's end closes stdin alone`, async () => {
    await using server = await serve(attachable(tty));
    const socket = await server.dial();
    socket.write(`POST /${version}/${attachPath} HTTP/1.1\r\nHost: x\r\n${upgradeLines}\r\n`);
    const { head, rest } = await reader(socket);
    assert.match(head, expected);
    socket.write('one ');
    const [first] = await once(socket, 'data') as [Buffer];
    assert.deepEqual(first, tty ? Buffer.from('ONE ') : frame(1, Buffer.from('ONE ')));
    socket.end('two');
    assert.deepEqual(await rest(), tty ? Buffer.from('TWO') : frame(1, Buffer.from('TWO')));
  });
}

test('bytes sent together with the request are stdin', async () => {
  await using server = await serve(attachable(true));
  const socket = await server.dial();
  socket.end(`POST /${attachPath} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\nhello`);
  const { rest } = await reader(socket);
  assert.equal((await rest()).toString(), 'HELLO');
});

test("an attach by WebSocket that is refused for its handshake lets the container's streams go", async () => {
  const stream = echo({ tty: false });
  await using server = await serve({ containers: { attach: () => Promise.resolve({ stream, tty: false }) } });
  const socket = await server.dial();
  const closed = once(stream, 'close');
  socket.end(`GET /v1.51/containers/x/attach/ws?stream=1&stdout=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  const { head } = await reader(socket);
  assert.match(head, /^HTTP\/1.1 400 Bad Request\r\n/);
  await closed;
});

test('a refused attach is an ordinary answer, with and without Upgrade', async () => {
  const services: PartialServices = { containers: { attach: () => Promise.reject(new GantryError('notFound', 'No such container: x')) } };
  for (const lines of [upgrade, '']) {
    await using server = await serve(services);
    const socket = await server.dial();
    socket.end(`POST /${attachPath} HTTP/1.1\r\nHost: x\r\n${lines}\r\n`);
    const { head, rest } = await reader(socket);
    assert.match(head, /^HTTP\/1.1 404 Not Found\r\n/);
    assert.equal((await rest()).toString(), '{"message":"No such container: x"}\n');
  }
});

test('only the streams that were asked for come through', async () => {
  for (const [query, expected] of [['stdout=1', Buffer.alloc(0)], ['stderr=1', frame(2, Buffer.from('HI'))]] as const) {
    await using server = await serve(attachable(false, 2));
    const socket = await server.dial();
    socket.end(`POST /containers/x/attach?stream=1&stdin=1&${query} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\nhi`);
    const { rest } = await reader(socket);
    assert.deepEqual(await rest(), expected);
  }
});

test('a megabyte goes in and out, whatever the sizes of the pieces', async () => {
  await using server = await serve(attachable(true));
  const socket = await server.dial();
  socket.write(`POST /${attachPath} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const { rest } = await reader(socket);
  const whole = rest();
  socket.end(Buffer.alloc(1_000_000, 'a'));
  const answer = await whole;
  assert.equal(answer.length, 1_000_000);
  assert.ok(answer.equals(Buffer.alloc(1_000_000, 'A')));
});

test('the detach keys end the connection and leave stdin of the container open', async () => {
  const stream = echo({ tty: true });
  let ended = false;
  stream.on('finish', () => { ended = true; });
  await using server = await serve({ containers: { attach: () => Promise.resolve({ stream, tty: true }) } });
  const socket = await server.dial();
  socket.write(`POST /${attachPath}&detachKeys=ctrl-a,b HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`);
  const { rest } = await reader(socket);
  const whole = rest();
  const closed = once(stream, 'close');
  socket.write('x\x01');
  socket.write('b');
  await whole.catch(() => undefined);
  await closed;
  assert.equal(ended, false);
});

test('a client that vanishes frees the container\'s stream', async () => {
  const stream = echo({ tty: true });
  await using server = await serve({ containers: { attach: () => Promise.resolve({ stream, tty: true }) } });
  const socket = await server.dial();
  socket.write(`POST /${attachPath} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await reader(socket);
  const closed = once(stream, 'close');
  socket.destroy();
  await closed;
});

const exec: ExecRecord = {
  id: 'e1', containerId: 'c1', running: false, exitCode: null, pid: 0,
  request: {
    cmd: ['cat'], env: [], user: '', workingDir: '', privileged: false, tty: false,
    attachStdin: true, attachStdout: true, attachStderr: true, detachKeys: '',
  },
};

/** An exec that nothing refuses. */
const accepting = (act: () => ReturnType<ExecVerbs['start']>): ExecVerbs['start'] => (_id, { accepted }) => {
  accepted?.();
  return act();
};

test('exec start reads its body before the streams begin, with and without Upgrade', async () => {
  for (const lines of [upgrade, '']) {
    const asked: unknown[] = [];
    await using server = await serve({ execs: {
      inspect: () => exec,
      start: (id, { accepted, ...options }) => {
        asked.push([id, options]);
        accepted?.();
        return Promise.resolve({ stream: echo({ tty: true }), tty: true });
      },
    } });
    const socket = await server.dial();
    const body = '{"Detach":false,"Tty":true}';
    socket.write(`POST /exec/e1/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${lines}\r\n`);
    socket.write(body);
    const { rest } = await reader(socket);
    socket.end('later');
    assert.equal((await rest()).toString(), 'LATER');
    assert.deepEqual(asked, [['e1', { detach: false, tty: true }]]);
  }
});

test('with Upgrade, stdin may follow the body of exec start at once', async () => {
  await using server = await serve({ execs: { inspect: () => exec, start: accepting(() => Promise.resolve({ stream: echo({ tty: true }), tty: true })) } });
  const socket = await server.dial();
  socket.end(`POST /exec/e1/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${upgrade}\r\n{}now`);
  const { rest } = await reader(socket);
  assert.equal((await rest()).toString(), 'NOW');
});

test('the head of exec start comes before there is a process', async () => {
  const process = Promise.withResolvers<Attached>();
  await using server = await serve({ execs: { inspect: () => exec, start: accepting(() => process.promise) } });
  const socket = await server.dial();
  socket.end(`POST /exec/e1/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${upgrade}\r\n{}now`);
  const { head, rest } = await reader(socket);
  assert.match(head, /^HTTP\/1.1 101 /);
  process.resolve({ stream: echo({ tty: true }), tty: true });
  assert.equal((await rest()).toString(), 'NOW');
});

test('a program that cannot be run is told in the stream of its exec', async () => {
  const message = 'OCI runtime exec failed: exec: "nope": executable file not found in $PATH';
  await using server = await serve({ execs: { inspect: () => exec, start: accepting(() => Promise.reject(new GantryError('invalid', message))) } });
  const socket = await server.dial();
  socket.end(`POST /exec/e1/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${upgrade}\r\n{}`);
  const { head, rest } = await reader(socket);
  assert.match(head, /^HTTP\/1.1 101 /);
  assert.deepEqual(await rest(), frame(1, Buffer.from(`${message}\r\n`)));
});

test('an exec that may not start is refused with a status', async () => {
  await using server = await serve({ execs: { inspect: () => exec, start: () => Promise.reject(new GantryError('conflict', 'container c1 is not running')) } });
  const answer = await server.call('POST', '/exec/e1/start', { body: {} });
  assert.deepEqual([answer.status, answer.json], [409, { message: 'container c1 is not running' }]);
});

test('a detached exec start answers 200 and nothing more', async () => {
  await using server = await serve({ execs: { inspect: () => exec, start: () => Promise.resolve(undefined) } });
  const answer = await server.call('POST', '/exec/e1/start', { body: { Detach: true } });
  assert.deepEqual([answer.status, answer.text], [200, '']);
});

/** A client's frame: masked, as RFC 6455 wants it. */
function clientFrame(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, payload.map((byte, index) => byte ^ mask[index % 4]!)]);
}

test('attach/ws speaks binary messages without Docker\'s frames', async () => {
  await using server = await serve(attachable(false));
  const socket = await server.dial();
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  socket.write(`GET /containers/x/attach/ws?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
  const { head } = await reader(socket);
  assert.match(head, /^HTTP\/1.1 101 /);
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  assert.ok(head.includes(`Sec-WebSocket-Accept: ${accept}\r\n`));
  socket.write(clientFrame(2, 'hey'));
  const [message] = await once(socket, 'data') as [Buffer];
  assert.deepEqual(message, Buffer.from([0x82, 3, ...Buffer.from('HEY')]));
  socket.write(clientFrame(9, 'ping'));
  const [pong] = await once(socket, 'data') as [Buffer];
  assert.deepEqual(pong, Buffer.from([0x8a, 4, ...Buffer.from('ping')]));
  socket.write(clientFrame(8, ''));
  const [close] = await once(socket, 'data') as [Buffer];
  assert.equal(close[0], 0x88);
  socket.destroy();
});

test('attach/ws drops a client whose frames are not masked', async () => {
  await using server = await serve(attachable(true));
  const socket = await server.dial();
  socket.write('GET /containers/x/attach/ws?stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: abc\r\n\r\n');
  await reader(socket);
  socket.write(Buffer.from([0x82, 2, 104, 105]));
  await once(socket.resume(), 'end').catch(() => undefined);
  socket.destroy();
});
