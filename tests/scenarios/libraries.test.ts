/** Programs that people already have, on our socket: the same calls they make to Docker. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import Docker from 'dockerode';
import { image, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.withImage();
});
after(() => stage[Symbol.asyncDispose]());

/** A web server of six lines. */
const server = ['sh', '-c', 'mkdir -p /www; echo hello > /www/index.html; echo "ready to serve"; exec httpd -f -p 80 -h /www'];

test('dockerode runs a container with a random port, execs in it, follows its log and takes it away', async () => {
  const docker = new Docker({ socketPath: stage.daemon.socketPath });
  const container = await docker.createContainer({ Image: image, Cmd: server, ExposedPorts: { '80/tcp': {} }, HostConfig: { PublishAllPorts: true } });
  await container.start();
  const log = await container.logs({ follow: true, stdout: true, stderr: true });
  await once(log, 'data');
  (log as unknown as Readable).destroy();
  const { NetworkSettings } = await container.inspect();
  const port = NetworkSettings.Ports['80/tcp']?.[0]?.HostPort;
  assert.equal(await text(`http://127.0.0.1:${port}/`), 'hello\n');

  const exec = await container.exec({ Cmd: ['sh', '-c', 'cat; exit 4'], AttachStdin: true, AttachStdout: true });
  const stream = await exec.start({ hijack: true, stdin: true });
  const stdout = new PassThrough().setEncoding('utf8');
  docker.modem.demuxStream(stream, stdout, new PassThrough());
  stream.end('through');
  await once(stream, 'end');
  assert.equal(stdout.read(), 'through');
  assert.equal((await exec.inspect()).ExitCode, 4);

  const sample = await container.stats({ stream: false });
  assert.ok(sample.memory_stats.usage > 0 && (sample.networks['eth0']?.rx_bytes ?? 0) > 0 && sample.precpu_stats.system_cpu_usage > 0);
  const waiting = container.wait();
  await container.stop({ t: 0 });
  assert.deepEqual(await waiting, { StatusCode: 137 });
  await container.remove();
  await assert.rejects(container.inspect(), { statusCode: 404 });
});

test('dockerode pulls what is not there in vain, and is told so', async () => {
  const docker = new Docker({ socketPath: stage.daemon.socketPath });
  await assert.rejects(docker.run('gantry/nothing', ['true'], new PassThrough()), { statusCode: 404, message: /No such image: gantry\/nothing:latest/ });
});

test('testcontainers waits for a log line and a port, and reaches both', async (t) => {
  const outer = { ...process.env };
  t.after(() => { process.env = outer; });
  Object.assign(process.env, { DOCKER_HOST: stage.daemon.host, TESTCONTAINERS_RYUK_DISABLED: 'true', TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1', DOCKER_CONFIG: '/nonexistent' });
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(image)
    .withCommand(server)
    .withExposedPorts(80)
    .withCopyContentToContainer([{ content: 'brought along\n', target: '/brought.txt' }])
    .withWaitStrategy(Wait.forAll([Wait.forLogMessage('ready to serve'), Wait.forListeningPorts()]))
    .start();
  try {
    assert.equal(await text(`http://${container.getHost()}:${container.getMappedPort(80)}/`), 'hello\n');
    assert.deepEqual(await container.exec(['cat', '/brought.txt']).then(({ stdout, exitCode }) => [stdout, exitCode]), ['brought along\n', 0]);
  } finally {
    await container.stop();
  }
  assert.deepEqual(await stage.containers(), []);
});

/** The server says that it is ready before it listens: asks again until it takes the connection. */
async function text(url: string): Promise<string> {
  for (;;) {
    const answer = await fetch(url, { headers: { connection: 'close' } }).catch(() => undefined);
    if (answer !== undefined) return await answer.text();
    await setTimeout(50);
  }
}
