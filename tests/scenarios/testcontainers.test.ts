/** testcontainers on our socket: what test suites of other projects ask of an engine. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { extract } from 'tar-stream';
import type * as Testcontainers from 'testcontainers';
import { image, Stage } from './stage.ts';

let stage: Stage;
let library: typeof Testcontainers;
const outer = { ...process.env };
before(async () => {
  stage = await Stage.withImage();
  // It reads its settings once, from the environment.
  Object.assign(process.env, {
    DOCKER_HOST: stage.daemon.host, TESTCONTAINERS_RYUK_DISABLED: 'true', TESTCONTAINERS_REUSE_ENABLE: 'true', TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1', DOCKER_CONFIG: '/nonexistent',
  });
  library = await import('testcontainers');
});
after(async () => {
  process.env = outer;
  await stage[Symbol.asyncDispose]();
});

const container = (...command: string[]): Testcontainers.GenericContainer => new library.GenericContainer(image).withCommand(command);
const server = ['sh', '-c', 'mkdir -p /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www'];

test('containers find each other by a network and its aliases, once they are healthy', async () => {
  const network = await new library.Network().start();
  const web = await container(...server).withNetwork(network).withNetworkAliases('web')
    .withHealthCheck({ test: ['CMD', 'wget', '-q', '-O-', 'http://127.0.0.1/'], interval: 100, timeout: 5000, retries: 100 }).withWaitStrategy(library.Wait.forHealthCheck()).start();
  const guest = await container('sleep', '1000').withNetwork(network).start();
  assert.match(web.getIpAddress(network.getName()), /^\d+\.\d+\.\d+\.\d+$/);
  const { output, exitCode } = await guest.exec(['wget', '-qO-', 'http://web/']);
  assert.deepEqual([output, exitCode], ['hello\n', 0]);
  await guest.stop();
  await web.stop();
  await network.stop();
  assert.deepEqual(await stage.containers(), []);
});

test('a server is waited for by HTTP, also where it comes late', async () => {
  const web = await container('sh', '-c', `sleep 0.5; ${server[2]}`).withExposedPorts(80).withWaitStrategy(library.Wait.forHttp('/', 80).forStatusCode(200)).start();
  assert.equal(await (await fetch(`http://${web.getHost()}:${web.getMappedPort(80)}/`, { headers: { connection: 'close' } })).text(), 'hello\n');
  await web.stop();
});

test('exec takes a user, a folder and an environment, and keeps the streams apart', async () => {
  const box = await container('sleep', '1000').start();
  const { stdout, stderr, exitCode } = await box.exec(['sh', '-c', 'pwd; id -u; echo $WORD >&2; exit 6'], { workingDir: '/tmp', user: '7', env: { WORD: 'aside' } });
  assert.deepEqual([stdout, stderr, exitCode], ['/tmp\n7\n', 'aside\n', 6]);
  await box.stop();
});

test('what is to end is waited for, and its failure told', async () => {
  const { Wait } = library;
  await (await container('echo', 'over').withWaitStrategy(Wait.forOneShotStartup()).start()).stop();
  await assert.rejects(container('false').withWaitStrategy(Wait.forOneShotStartup()).start(), /failed to start/);
  await assert.rejects(container('/none').start(), /stat \/none: no such file or directory/);
  await assert.rejects(container('sleep', '1000').withHealthCheck({ test: ['CMD', 'false'], interval: 100, timeout: 5000, retries: 1 }).withWaitStrategy(Wait.forHealthCheck()).start(), /[Hh]ealth check failed/);
  for (const { Id } of await stage.ask<{ Id: string }[]>('/containers/json?all=1')) await stage.ok('DELETE', `/containers/${Id}?force=1`);
});

test('files are copied both ways', async () => {
  const box = await container('sleep', '1000').withCopyContentToContainer([{ content: 'early\n', target: '/before' }]).start();
  await box.copyContentToContainer([{ content: 'text\n', target: '/given/text', mode: 0o640 }]);
  assert.equal((await box.exec(['sh', '-c', 'cat /before; stat -c "%a %s" /given/text'])).output, 'early\n640 5\n');
  const entries: string[] = [];
  const unpacked = (await box.copyArchiveFromContainer('/given')).pipe(extract());
  for await (const entry of unpacked) {
    entries.push(entry.header.name);
    entry.resume();
  }
  assert.deepEqual(entries, ['given/', 'given/text']);
  await box.stop();
});

test('a container that is to be used again is, stopped or not', async () => {
  const wanted = (): Promise<Testcontainers.StartedTestContainer> => container('sleep', '1000').withName('again').withReuse().start();
  const first = await wanted();
  assert.equal((await wanted()).getId(), first.getId());
  await first.stop({ remove: false });
  const again = await wanted();
  assert.equal(again.getId(), first.getId());
  await again.stop();
  assert.deepEqual(await stage.containers(), []);
});
