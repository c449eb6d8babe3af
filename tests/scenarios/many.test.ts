/** Many containers at once: none is lost, none is mixed up, and nothing is kept when they are gone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { image, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.withImage();
});
after(() => stage[Symbol.asyncDispose]());

async function create(body: object, name = ''): Promise<string> {
  const { json } = await stage.ok('POST', `/containers/create${name === '' ? '' : `?name=${name}`}`, { Image: image, ...body });
  return (json as { Id: string }).Id;
}

const removeAll = (ids: readonly string[]): Promise<unknown> => Promise.all(ids.map((id) => stage.ok('DELETE', `/containers/${id}?force=1`)));

test('a hundred creates in parallel get ids and names of their own', async () => {
  const ids = await Promise.all(Array.from({ length: 100 }, () => create({ Cmd: ['true'] })));
  assert.equal(new Set(ids).size, 100);
  assert.equal(new Set(await stage.containers()).size, 100);
  await removeAll(ids);
  assert.deepEqual(await stage.containers(), []);
  assert.deepEqual(readdirSync(join(stage.daemon.root, 'containers')).filter((name) => !name.startsWith('.')), []);
});

test('of twenty who want one name at once, one gets it', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => stage.daemon.request('POST', '/containers/create?name=wanted', { Image: image })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 19 }, () => 409)]);
  await removeAll(['wanted']);
});

test('fifty at once start, have addresses of their own, answer to exec, and stop', async () => {
  const ids = await Promise.all(Array.from({ length: 50 }, (_, index) => create({ Cmd: ['sh', '-c', 'trap "exit 3" TERM; echo up; while :; do sleep 0.1; done'], Hostname: `h${index}` })));
  await Promise.all(ids.map((id) => stage.ok('POST', `/containers/${id}/start`)));
  const details = await Promise.all(ids.map((id) => stage.ask<{ State: { Status: string; Pid: number }; NetworkSettings: { Networks: { bridge: { IPAddress: string; MacAddress: string } } } }>(`/containers/${id}/json`)));
  for (const values of [details.map(({ State }) => State.Pid), details.map(({ NetworkSettings }) => NetworkSettings.Networks.bridge.IPAddress), details.map(({ NetworkSettings }) => NetworkSettings.Networks.bridge.MacAddress)]) {
    assert.equal(new Set<string | number>(values).size, 50);
  }
  // The first process of a container has no default handlers: before its trap is set the signal is nothing to it.
  for (const id of ids) while (!(await stage.ok('GET', `/containers/${id}/logs?stdout=1`)).text.includes('up')) await setTimeout(20);
  const waits = ids.map((id) => stage.ok('POST', `/containers/${id}/wait`));
  await Promise.all(ids.map((id) => stage.ok('POST', `/containers/${id}/stop?t=120`)));
  assert.deepEqual(new Set((await Promise.all(waits)).map(({ json }) => (json as { StatusCode: number }).StatusCode)), new Set([3]));
  await removeAll(ids);
});

test('start, stop, remove and their opposites thrown at one container leave it in a state that is whole', async () => {
  for (let round = 0; round < 5; round++) {
    const id = await create({ Cmd: ['sleep', '1000'] });
    const verbs = ['start', 'stop?t=0', 'restart?t=0', 'pause', 'unpause', 'kill', `rename?name=torn${round}`, 'start', 'wait?condition=not-running', 'update'];
    const wave = Promise.all(verbs.map(async (verb) => (await stage.daemon.request('POST', `/containers/${id}/${verb}`, verb === 'update' ? { CpuShares: 512 } : undefined)).status));
    await stage.ok('DELETE', `/containers/${id}?force=1`);
    for (const status of await wave) assert.ok([200, 204, 304, 404, 409, 500].includes(status), String(status));
    assert.equal((await stage.daemon.request('GET', `/containers/${id}/json`)).status, 404);
  }
});

test('what a hundred runs opened is closed again, in the daemon and in the monitor', async () => {
  const run = async (): Promise<void> => {
    const id = await create({ Cmd: ['echo', 'x'], HostConfig: { AutoRemove: true } });
    const removed = stage.ok('POST', `/containers/${id}/wait?condition=removed`);
    await stage.ok('POST', `/containers/${id}/start`);
    await removed;
  };
  const rounds = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 10) await Promise.all(Array.from({ length: 10 }, run));
  };
  await rounds(20);
  const before = await calm();
  await rounds(100);
  await noMoreThan(before);
});

test('clients that vanish from streams leave nothing open, and stop nothing', async () => {
  const id = await create({ Cmd: ['sh', '-c', 'while :; do echo line; sleep 0.05; done'] });
  await stage.ok('POST', `/containers/${id}/start`);
  const paths = ['/events', `/containers/${id}/logs?follow=1&stdout=1`, `/containers/${id}/stats`, `/containers/${id}/wait?condition=next-exit`, `/containers/${id}/attach?stream=1&stdout=1`];
  const vanish = async (): Promise<void> => {
    await Promise.all(Array.from({ length: 10 }, () => paths).flat().map((path) => openAndLeave(path)));
  };
  await vanish();
  const before = await calm();
  for (let round = 0; round < 3; round++) await vanish();
  await noMoreThan(before);
  assert.equal((await stage.ask<{ State: { Running: boolean } }>(`/containers/${id}/json`)).State.Running, true);
  await removeAll([id]);
});

/** Asks, waits for the headers, and hangs up. */
async function openAndLeave(path: string): Promise<void> {
  const socket = connect(stage.daemon.socketPath);
  socket.on('error', () => undefined);
  socket.write(`${/wait|attach/.test(path) ? 'POST' : 'GET'} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, 'data');
  socket.destroy();
  await once(socket, 'close');
}

/** Waits, a minute at most, until all has as few descriptors as it had, but for some that a pool may hold. */
async function noMoreThan(before: Record<string, number>): Promise<void> {
  for (const deadline = performance.now() + 60_000; ;) {
    const more = Object.entries(descriptors()).filter(([process, count]) => count > (before[process] ?? 0) + 3);
    if (more.length === 0) return;
    assert.ok(performance.now() < deadline, `${JSON.stringify(more)} descriptors, were ${JSON.stringify(before)}`);
    await setTimeout(50);
  }
}

/** Open descriptors of the daemon and its helpers, when they have stopped changing. */
async function calm(): Promise<Record<string, number>> {
  for (let last = '', same = 0; ;) {
    const now = descriptors();
    same = JSON.stringify(now) === last ? same + 1 : 0;
    last = JSON.stringify(now);
    if (same === 5) return now;
    await setTimeout(50); // pools refill when they like
  }
}

/** Each holds a descriptor of the daemon; after a burst as many wait as it took. */
function waitingSandboxes(): number {
  return readdirSync(join(stage.daemon.runFolder, 'netns')).filter((name) => name.startsWith('pool-')).length;
}

function descriptors(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const role = /\b(daemon|monitor|resolver)\b/.exec(command)?.[1];
      if (role !== undefined && command.includes(stage.daemon.folder)) counts[role] = readdirSync(`/proc/${pid}/fd`).length - (role === 'daemon' ? waitingSandboxes() : 0);
    } catch {
      continue; // ended while we looked
    }
  }
  return counts;
}
