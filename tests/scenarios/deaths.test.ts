/** Processes of the engine die in the middle of things. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { imageArchive } from './archives.ts';
import { image, Refused, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.withImage();
});
after(() => stage[Symbol.asyncDispose]());

interface Inspected { Id: string; State: { Status: string; Running: boolean; Pid: number; ExitCode: number } }
const inspect = (name: string): Promise<Inspected> => stage.ask(`/containers/${name}/json`);

async function run(name: string, cmd: string[], more: object = {}): Promise<void> {
  await stage.ok('POST', `/containers/create?name=${name}`, { Image: image, Cmd: cmd, ...more });
  await stage.ok('POST', `/containers/${name}/start`);
}

/** The monitor's process, once there is one. */
async function monitorPid(): Promise<number> {
  for (;;) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        if (command.includes(stage.daemon.runFolder) && command.some((word) => /\bmonitor\.(ts|js)$/.test(word))) return Number(pid);
      } catch {
        continue; // ended while we looked
      }
    }
    await setTimeout(20);
  }
}

/** Asks until the answer is there: what the engine notices by itself has no event before it. */
async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (const deadline = performance.now() + 120_000; ;) {
    const answer = await ask().catch((error: unknown) => error as T);
    if (wanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`still ${String(answer)} ${JSON.stringify(answer)}`);
    await setTimeout(20);
  }
}

test('the monitor is killed: containers go on, everything can be asked of them, and new ones start', async () => {
  await run('lasting', ['sh', '-c', 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done']);
  const { Pid } = (await inspect('lasting')).State;
  process.kill(await monitorPid(), 'SIGKILL');
  const client = stage.client('gantry');
  assert.equal(await client.ok('run', '--rm', image, 'echo', 'new'), 'new');
  assert.equal(await client.ok('exec', 'lasting', 'echo', 'still'), 'still');
  assert.equal((await inspect('lasting')).State.Pid, Pid);
  const seen = (await client.ok('logs', 'lasting')).split('\n').length;
  await until(() => client.ok('logs', 'lasting'), (text) => text.split('\n').length > seen + 5);
  await client.ok('stop', '-t', '0', 'lasting');
  const lines = (await client.ok('logs', 'lasting')).split('\n').map(Number);
  assert.deepEqual(lines, lines.map((_, index) => index));
  assert.equal((await inspect('lasting')).State.Status, 'exited');
  await client.ok('rm', 'lasting');
});

test('a container that ends while its monitor is dead has ended when it is back', async () => {
  await run('short', ['sleep', '1000']);
  const { Pid } = (await inspect('short')).State;
  await stage.daemon.crash();
  process.kill(await monitorPid(), 'SIGKILL');
  // Nobody is there who could tell of the end.
  process.kill(Pid, 'SIGKILL');
  await until(() => Promise.resolve(existsSync(`/proc/${Pid}`)), (there) => !there);
  await stage.daemon.start();
  const { State } = await until(() => inspect('short'), ({ State }) => State?.Running === false);
  assert.equal(State.Status, 'exited');
  await stage.ok('DELETE', '/containers/short');
});

test('daemon and monitor are killed at once: policies are kept, running containers found again', async () => {
  await run('kept', ['sleep', '1000']);
  await run('revived', ['sleep', '1000'], { HostConfig: { RestartPolicy: { Name: 'always' } } });
  const { Pid } = (await inspect('kept')).State;
  const first = (await inspect('revived')).State.Pid;
  const monitor = await monitorPid();
  await stage.daemon.crash();
  process.kill(monitor, 'SIGKILL');
  process.kill(first, 'SIGKILL');
  await until(() => Promise.resolve(existsSync(`/proc/${first}`)), (there) => !there);
  await stage.daemon.start();
  assert.equal((await inspect('kept')).State.Pid, Pid);
  await until(() => inspect('revived'), ({ State }) => State?.Running && State.Pid !== first);
  await stage.client('gantry').ok('rm', '-f', 'kept', 'revived');
});

test('the daemon is killed under a client that waits: it says so and ends with 125, and the container goes on', async () => {
  const client = stage.client('gantry');
  const running = client.terminal(['run', '-it', '--name', 'left', image, 'sh', '-c', 'echo ready; exec cat']);
  await running.until(/ready/);
  const watching = client.start(['logs', '-f', 'left']);
  await watching.until(/ready/);
  await stage.daemon.crash();
  const { code, stdout } = await running.ended();
  assert.equal(code, 125);
  assert.match(stdout, /gantry: error waiting for container: unexpected EOF: [^]*'gantry attach [0-9a-f]{12}' joins it again\.\r\n$/);
  const watched = await watching.ended();
  assert.deepEqual([watched.code, watched.stderr], [1, 'unexpected EOF: the engine closed the connection before its answer was complete\n']);
  await stage.daemon.start();
  assert.equal((await inspect('left')).State.Running, true);
  await stage.ok('DELETE', '/containers/left?force=1');
});

test('the daemon is killed at any moment of a load: the image is whole or not there, and no bytes are left over', async () => {
  const tar = imageArchive([{ path: 'bin/big', text: 'z'.repeat(8 << 20) }], { name: 'loaded' });
  for (let round = 0; round < 8; round++) {
    const load = stage.daemon.request('POST', '/images/load', tar).catch(() => undefined);
    await setTimeout(randomInt(1, 150)); // the moment of the kill is what varies
    await stage.daemon.crash();
    await load;
    await stage.daemon.start();
    const there = (await stage.daemon.request('GET', '/images/loaded/json')).status === 200;
    if (there) {
      await stage.ok('POST', '/containers/create?name=probe', { Image: 'loaded', Cmd: ['/bin/big'] });
      assert.equal((await stage.daemon.request('HEAD', '/containers/probe/archive?path=/bin/big')).status, 200);
      await stage.ok('DELETE', '/containers/probe');
      await stage.ok('DELETE', '/images/loaded');
    }
  }
  const blobs = (): number => readdirSync(join(stage.daemon.root, 'content/blobs/sha256')).length;
  const before = blobs();
  const { json } = await stage.daemon.request('POST', '/images/load', tar);
  assert.equal(json === undefined || !('errorDetail' in (json as object)), true);
  assert.ok(blobs() > before, 'the blobs of a broken load were kept');
  await stage.ok('DELETE', '/images/loaded');
});

test('the daemon is killed while clients create, start, exec, rename, pause and remove: what is left can be told and removed', async () => {
  for (let round = 0; round < 6; round++) {
    const killed: Killed = { daemon: false, monitor: false };
    const churn = Promise.all(Array.from({ length: 3 }, (_, worker) => churnUntilItDies(`r${round}w${worker}`, killed)));
    churn.catch(() => undefined); // awaited below, when the daemon is dead
    await setTimeout(randomInt(5, 250)); // the moment of the kill is what varies
    if (round % 3 === 2) {
      const monitor = await monitorPid();
      killed.monitor = true;
      process.kill(monitor, 'SIGKILL');
    }
    killed.daemon = true;
    await stage.daemon.crash();
    await churn;
    await stage.daemon.start();
    for (const name of await stage.containers()) {
      const { State } = await inspect(name);
      assert.ok(['created', 'running', 'paused', 'exited'].includes(State.Status), State.Status);
      if (State.Status === 'paused') assert.ok(existsSync(`/proc/${State.Pid}`), `${name} is said to be paused`);
      if (State.Status === 'running') await answersOrEnds(name);
      await stage.ok('DELETE', `/containers/${name}?force=1&v=1`);
    }
    assert.deepEqual(readdirSync(join(stage.daemon.root, 'containers')).filter((name) => !name.startsWith('.')), []);
  }
  assert.equal((await stage.ask<{ Volumes: unknown[] | null }>('/volumes')).Volumes?.length ?? 0, 0);
});

/** A removal that was cut off may have sent its signal before: then the end of what is said to run is told soon. */
async function answersOrEnds(name: string): Promise<void> {
  const { code, stdout } = await stage.client('gantry').run(['exec', name, 'echo', 'alive']);
  if (code === 0) assert.equal(stdout, 'alive\n');
  else await until(() => inspect(name), ({ State }) => State?.Running === false);
}

/** Who has been killed, set just before it is. */
interface Killed { daemon: boolean; monitor: boolean }

/** Until then every answer must be a good one; a dead daemon gives none, and what one without its monitor answers is its own affair. */
async function churnUntilItDies(name: string, killed: Killed): Promise<void> {
  try {
    for (let index = 0; ; index++) {
      const mine = `${name}n${index}`;
      await run(mine, ['sleep', '1000'], { Volumes: { '/data': {} }, HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1' }] } } });
      await stage.ok('POST', `/containers/${mine}/rename?name=${mine}x`);
      await stage.ok('POST', `/containers/${mine}x/pause`);
      await stage.ok('POST', `/containers/${mine}x/unpause`);
      const { json } = await stage.ok('POST', `/containers/${mine}x/exec`, { Cmd: ['true'] });
      await stage.ok('POST', `/exec/${(json as { Id: string }).Id}/start`, { Detach: true });
      await stage.ok('DELETE', `/containers/${mine}x?force=1&v=1`);
    }
  } catch (error) {
    if (!(error instanceof Refused ? killed.monitor : killed.daemon)) throw error;
  }
}
