import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { request, type IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import type { ProgressLine } from '../../../src/engine/images/verbs.ts';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { imageFixture } from '../images/image-fixture.ts';
import { imageOf, publishImage, pulling, randomLayer, registryPort } from '../images/registry-fixture.ts';
import { startRegistry } from './support.ts';

const host = { os: 'linux', architecture: 'amd64' };

/** Speaks HTTP/1.0 before a registry: no length of bodies, no pieces, and each answer ends with its connection. */
async function startOldFront(target: string, changes: { cutFirstBodyAt?: number; refusesOci?: boolean } = {}): Promise<AsyncDisposable & { host: string; answers: string[] }> {
  const open = new Set<Socket>();
  const answers: string[] = [];
  let cutAt = changes.cutFirstBodyAt;
  const server = createServer((socket) => {
    open.add(socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy()));
    void answerOne(socket).catch(() => socket.destroy());
  });
  const answerOne = async (socket: Socket): Promise<void> => {
    const { method, path, headers, body } = await readRequest(socket);
    if (changes.refusesOci === true && method === 'PUT' && headers['content-type']?.includes('vnd.oci.') === true) {
      socket.end('HTTP/1.0 400 Bad Request\r\nContent-Type: application/json\r\n\r\n{"errors":[{"code":"MANIFEST_INVALID","message":"manifest invalid"}]}');
      return;
    }
    const outgoing = request(`http://${target}${path}`, { method, headers: { ...headers, host: target, connection: 'close' } }).end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const length = method === 'HEAD' ? ['content-length'] : [];
    const kept = Object.entries(answer.headers).filter(([name]) => length.includes(name) || !['content-length', 'transfer-encoding', 'connection', 'keep-alive'].includes(name));
    answers.push(`${method} ${answer.statusCode}`);
    socket.write(`HTTP/1.0 ${answer.statusCode} Old\r\n${kept.map(([name, value]) => `${name}: ${String(value).replaceAll(target, front.host)}\r\n`).join('')}\r\n`);
    const isCut = cutAt !== undefined && bytes.length > cutAt;
    socket.end(isCut ? bytes.subarray(0, cutAt) : bytes);
    if (isCut) cutAt = undefined;
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const front = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`, answers,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return front;
}

async function readRequest(socket: Socket): Promise<{ method: string; path: string; headers: Record<string, string>; body: Buffer }> {
  let all = Buffer.alloc(0);
  const needed = (): number => {
    const end = all.indexOf('\r\n\r\n');
    return end < 0 ? Infinity : end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(all.subarray(0, end).toString())?.[1] ?? 0);
  };
  while (all.length < needed()) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    // A greeting of TLS, which nobody here understands.
    if (all.length === 0 && chunk[0] === 0x16) throw new Error('TLS');
    all = Buffer.concat([all, chunk]);
  }
  const end = all.indexOf('\r\n\r\n');
  const [first = '', ...lines] = all.subarray(0, end).toString().split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers = Object.fromEntries(lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { method, path, headers, body: all.subarray(end + 4) };
}

describe('a registry from before the OCI formats', () => {
  it('is given an image in Docker\'s form, whose digest is told and leads to the image', async () => {
    await using registry = await startRegistry();
    await using front = await startOldFront(registry.host, { refusesOci: true });
    const image = imageOf([randomLayer('a', 1000)]);
    await publishImage(registry.host, 'new', 'v1', image);
    await using fixture = imageFixture({ registry: registryPort(), host });
    await fixture.images.pull(`${registry.host}/new:v1`, pulling());
    await fixture.images.tag(`${registry.host}/new:v1`, `${front.host}/old`, 'v1');
    const lines: ProgressLine[] = [];
    await fixture.images.push(`${front.host}/old:v1`, pulling(lines));
    const { Digest: digest } = lines.flatMap(({ aux }) => aux ?? [])[0] as { Digest: string };
    assert.notEqual(digest, image.digest);
    assert.deepEqual(lines.flatMap(({ aux }) => aux ?? []).length, 1);
    await using again = imageFixture({ registry: registryPort(), host });
    await again.images.pull(`${front.host}/old@${digest}`, pulling());
    assert.equal(again.images.resolve(`${front.host}/old@${digest}`).id, digestOf(image.config));
    assert.equal((await again.deps.content.bytes(digest as Digest, 10_000)).toString().includes('vnd.oci.'), false);
    assert.equal(fixture.images.resolve(`${front.host}/old@${digest}`).id, digestOf(image.config));
    await fixture.images.push(`${registry.host}/new:v1`, pulling());
  });
});

describe('a registry behind HTTP/1.0', () => {
  it('gives an image, takes it back, and goes on where a connection ended too early', async () => {
    await using registry = await startRegistry();
    const image = imageOf([randomLayer('a', 300_000), randomLayer('b', 10)]);
    await publishImage(registry.host, 'old', 'v1', image);
    for (const changes of [{}, { cutFirstBodyAt: 100_000 }]) {
      await using front = await startOldFront(registry.host, changes);
      await using fixture = imageFixture({ registry: registryPort({ attempts: 3 }), host });
      await fixture.images.pull(`${front.host}/old:v1`, pulling());
      assert.equal(fixture.images.resolve(`${front.host}/old:v1`).manifest, image.digest);
      await fixture.images.tag(`${front.host}/old:v1`, `${front.host}/new${front.answers.length}`, 'v2');
      await fixture.images.push(`${front.host}/new${front.answers.length}:v2`, pulling());
      assert.ok(front.answers.includes('PUT 201'), front.answers.join(', '));
    }
  });
});
