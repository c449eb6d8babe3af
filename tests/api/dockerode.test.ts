import assert from 'node:assert/strict';
import { Duplex, PassThrough } from 'node:stream';
import { test } from 'node:test';
import Docker from 'dockerode';
import { frame } from '../../src/api/server/streams/frames.ts';
import { containerId, image, running } from './support/samples.ts';
import { serve } from './support/serve.ts';

function echo(): Duplex {
  return new Duplex({
    read() { /* what is written is pushed at once */ },
    write(chunk: Buffer, _, done) { this.push(frame(1, Buffer.from(chunk.toString().toUpperCase()))); done(); },
    final(done) { this.push(null); done(); },
  });
}

test('dockerode lists, inspects and is told what does not exist', async () => {
  await using server = await serve({
    containers: { list: () => Promise.resolve([{ record: running, names: [running.name], imageName: 'busybox', endpoints: {} }]), inspect: () => Promise.resolve({ record: running, execIds: [], sandboxPath: undefined }) },
    images: { list: () => Promise.resolve([image]) },
  });
  const docker = new Docker({ socketPath: server.socketPath });
  assert.equal(String(await docker.ping()), 'OK');
  assert.equal((await docker.listContainers())[0]?.Id, containerId);
  assert.equal((await docker.getContainer('web').inspect()).State.Running, true);
  assert.deepEqual((await docker.listImages())[0]?.RepoTags, ['busybox:latest']);
  await assert.rejects(docker.swarmInspect(), { statusCode: 503 });
});

for (const hijack of [true, false]) {
  test(`dockerode attaches ${hijack ? 'with' : 'without'} an upgrade and takes the frames apart`, async () => {
    await using server = await serve({ containers: { attach: () => Promise.resolve({ stream: echo(), tty: false }) } });
    const docker = new Docker({ socketPath: server.socketPath });
    const container = docker.getContainer('web');
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack });
    const stdout = new PassThrough();
    docker.modem.demuxStream(stream, stdout, new PassThrough());
    stream.write('hello');
    // Without an upgrade dockerode sends stdin in chunks, and Docker too hands their lines to the container.
    const expected = hijack ? /^HELLO$/ : /HELLO/;
    let heard = '';
    for await (const part of stdout) {
      heard += String(part);
      if (expected.test(heard)) break;
    }
    stream.end();
    (stream as Duplex).destroy();
  });
}
