import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Box } from './box.ts';

describe('the streams of a container', () => {
  let box: Box;
  before(async () => { box = await Box.open(); });
  after(() => box[Symbol.asyncDispose]());

  test('a terminal echoes, knows its size, and takes it anew', async () => {
    const id = await box.create({ Cmd: ['sh'], Tty: true, OpenStdin: true, StdinOnce: true });
    const terminal = await hijack(box, `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`);
    await box.ok('POST', `/containers/${id}/start`);
    await box.ok('POST', `/containers/${id}/resize?h=31&w=97`);
    terminal.socket.write('stty size; tty; exit 6\n');
    await terminal.ended;
    assert.match(terminal.text(), /31 97/);
    assert.match(terminal.text(), /\/dev\/pts\/0/);
    assert.equal(await box.wait(id), 6);
  });

  test('stdin ends when its only writer half-closes, and the answer still comes', async () => {
    const id = await box.create({ Cmd: ['sh', '-c', 'wc -c; echo done'], OpenStdin: true, StdinOnce: true });
    const stream = await hijack(box, `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`);
    await box.ok('POST', `/containers/${id}/start`);
    stream.socket.end('x'.repeat(200_000));
    await stream.ended;
    assert.match(stream.text(), /200000\n[^]*done\n$/);
    assert.equal(await box.wait(id), 0);
  });

  test('every byte of a large output arrives', async () => {
    const id = await box.create({ Cmd: ['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" z'], Tty: false });
    const stream = await hijack(box, `/containers/${id}/attach?stream=1&stdout=1&stderr=1`);
    await box.ok('POST', `/containers/${id}/start`);
    await stream.ended;
    assert.equal(stream.text().replace(/[^z]/g, '').length, 3_000_000);
  });

  test('attach with logs gives the past and then what comes', async () => {
    const id = await box.start({ Cmd: ['sh', '-c', 'echo past; read x; echo $x'], OpenStdin: true });
    await box.until(() => box.output(id), ({ stdout }) => stdout === 'past\n');
    const stream = await hijack(box, `/containers/${id}/attach?logs=1&stream=1&stdin=1&stdout=1&stderr=1`);
    stream.socket.write('now\n');
    await stream.ended;
    assert.match(stream.text(), /past\n[^]*now\n$/);
  });

  test('attach with logs repeats and misses nothing, whenever it comes', async () => {
    for (const LogConfig of [{ Type: 'json-file', Config: {} }, { Type: 'json-file', Config: { 'max-size': '2m', 'max-file': '4', compress: 'true' } }]) {
      const id = await box.start({ Cmd: ['sh', '-c', 'read go; seq 1 60000; read end'], OpenStdin: true, HostConfig: { LogConfig } });
      const feeder = await hijack(box, `/containers/${id}/attach?stream=1&stdin=1`);
      const path = `/containers/${id}/attach?logs=1&stream=1&stdout=1&stderr=1`;
      const streams = [await hijack(box, path)];
      feeder.socket.write('go\n');
      while (streams.length < 30 && !streams[0]!.text().includes('\n60000\n')) streams.push(await hijack(box, path));
      feeder.socket.write('end\n');
      await Promise.all(streams.map(({ ended }) => ended));
      const expected = Array.from({ length: 60_000 }, (_, index) => `${index + 1}\n`).join('');
      for (const [number, stream] of streams.entries()) assert.ok(unframed(stream.text()) === expected, `the ${number}th of ${streams.length}`);
    }
  });

  test('attach with logs begins in the middle of a line where the log ends', async () => {
    const id = await box.start({ Cmd: ['sh', '-c', 'echo past; printf "a prompt: "; echo here >&2; read x; echo $x'], OpenStdin: true });
    await box.until(() => box.output(id), ({ stderr }) => stderr === 'here\n');
    const stream = await hijack(box, `/containers/${id}/attach?logs=1&stream=1&stdin=1&stdout=1`);
    stream.socket.write('answer\n');
    await stream.ended;
    assert.equal(unframed(stream.text()), 'past\na prompt: answer\n');
  });

  test('logs that follow end with the container', async () => {
    const id = await box.start({ Cmd: ['sh', '-c', 'echo one; sleep 0.2; echo two'] });
    const { text } = await box.ok('GET', `/containers/${id}/logs?follow=1&stdout=1&stderr=1`);
    assert.match(text, /one\n[^]*two\n$/);
    assert.equal((await box.daemon.request('GET', `/containers/${id}/logs`)).status, 400);
  });

  test('events of a run come in Docker\'s order', async () => {
    const since = Math.floor(Date.now() / 1000) - 1;
    const { id } = await box.sh('true');
    await box.ok('DELETE', `/containers/${id}`);
    // Past the next tick of the clock that stamps events.
    const until = (Date.now() / 1000 + 0.05).toFixed(3);
    const { text } = await box.ok('GET', `/events?since=${since}&until=${until}&filters=${encodeURIComponent(JSON.stringify({ type: ['container'], container: [id] }))}`);
    const actions = text.trim().split('\n').map((line) => (JSON.parse(line) as { Action: string }).Action);
    assert.deepEqual(actions, ['create', 'start', 'die', 'destroy']);
  });
});

interface Hijacked { socket: Socket; text(): string; ended: Promise<unknown> }

/** The payload of all frames, for text of one byte a character. */
function unframed(text: string): string {
  const payloads: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = at + 8 + Buffer.from(text.slice(at + 4, at + 8), 'latin1').readUInt32BE(0);
    payloads.push(text.slice(at + 8, end));
    at = end;
  }
  return payloads.join('');
}

/** Sends an upgrade and waits for its answer; what follows is the container's. */
async function hijack(box: Box, path: string): Promise<Hijacked> {
  const socket = connect({ path: box.daemon.socketPath, allowHalfOpen: true });
  socket.write(`POST ${path} HTTP/1.1\r\nHost: gantry\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n`);
  let received = '';
  const answered = Promise.withResolvers<void>();
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
    if (received.includes('\r\n\r\n')) answered.resolve();
  });
  const ended = once(socket, 'end').then(() => socket.end());
  await Promise.race([answered.promise, ended]);
  assert.match(received, /^HTTP\/1\.1 101 /);
  const start = received.indexOf('\r\n\r\n') + 4;
  return { socket, ended, text: () => received.slice(start) };
}
