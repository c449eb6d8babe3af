import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineEvent } from '../../src/engine/events/bus.ts';
import { eventLine } from '../../src/api/server/system/events.ts';
import { serve } from './support/serve.ts';

const event: EngineEvent = {
  type: 'container', action: 'start', actor: { id: 'abc', attributes: { image: 'busybox', name: 'web' } }, scope: 'local', timeNano: 1_700_000_000_123_456_789n,
};

test('an event is one line with the fields of old, and keeps its nanoseconds', () => {
  assert.equal(eventLine(event), '{"status":"start","id":"abc","from":"busybox","Type":"container","Action":"start","Actor":{"ID":"abc","Attributes":{"image":"busybox","name":"web"}},"scope":"local","time":1700000000,"timeNano":1700000000123456789}');
  assert.equal(eventLine({ ...event, type: 'network' }).startsWith('{"Type":"network"'), true);
});

test('events sends its headers before the first event, and ends with the client', async () => {
  const gone = Promise.withResolvers<void>();
  await using server = await serve({ events: { async* subscribe({ abort }) {
    await new Promise<void>((resolve) => { abort.addEventListener('abort', () => resolve()); });
    gone.resolve();
    yield event;
  } } });
  const socket = await server.dial();
  socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
  const head = await new Promise<string>((resolve) => { socket.once('data', (chunk) => resolve(String(chunk))); });
  assert.match(head, /^HTTP\/1.1 200 OK\r\n[^]*Content-Type: application\/json\r\n[^]*\r\n\r\n$/);
  socket.destroy();
  await gone.promise;
});

test('events hands since, until and filters on, and hides what a version did not know', async () => {
  const asked: unknown[] = [];
  await using server = await serve({ events: { async* subscribe({ since, until, filters }) {
    asked.push([since, until, [...filters]]);
    yield event;
    yield { ...event, type: 'image', action: 'create' };
  } } });
  const query = `since=1&until=2.5&filters=${encodeURIComponent('{"type":["container"]}')}`;
  const now = await server.call('GET', `/events?${query}`);
  const old = await server.call('GET', `/v1.45/events?${query}`);
  assert.deepEqual(asked[0], [1_000_000_000n, 2_500_000_000n, [['type', ['container']]]]);
  assert.deepEqual([now.text.trim().split('\n').length, old.text.trim().split('\n').length], [2, 1]);
});

test('events refuses a window that ends before it begins', async () => {
  await using server = await serve({ events: {} });
  const answer = await server.call('GET', '/events?since=5&until=4');
  assert.deepEqual([answer.status, answer.json.message], [400, '`since` time (5) cannot be after `until` time (4)']);
});

test('version names the engine first among its parts', async () => {
  await using server = await serve({ system: { version: () => Promise.resolve({
    version: '0.1.0', kernel: '6.1', buildTime: '', gitCommit: 'abc', components: [{ name: 'crun', version: '1.8', details: {} }],
  }) } });
  const { json } = await server.call('GET', '/version');
  assert.deepEqual([json.ApiVersion, json.MinAPIVersion, json.Os, json.Components.map(({ Name }: { Name: string }) => Name)], ['1.51', '1.24', 'linux', ['Engine', 'crun']]);
});

test('volumes and networks keep null and [] apart', async () => {
  await using server = await serve({
    volumes: { list: () => Promise.resolve({ volumes: [], warnings: [] }), prune: () => Promise.resolve({ deleted: [], reclaimedBytes: 0 }) },
    networks: { list: () => Promise.resolve([]), prune: () => Promise.resolve([]) },
  });
  assert.equal((await server.call('GET', '/volumes')).text, '{"Volumes":[],"Warnings":null}\n');
  assert.equal((await server.call('POST', '/volumes/prune')).text, '{"VolumesDeleted":[],"SpaceReclaimed":0}\n');
  assert.equal((await server.call('GET', '/networks')).text, '[]\n');
  assert.equal((await server.call('POST', '/networks/prune')).text, '{"NetworksDeleted":null}\n');
  assert.equal((await server.call('GET', '/plugins')).text, '[]\n');
});

test('df measures only what was asked for', async () => {
  await using server = await serve({ volumes: { list: () => Promise.resolve({ volumes: [], warnings: [] }) }, containers: { list: () => Promise.resolve([]) } });
  assert.deepEqual((await server.call('GET', '/system/df?type=volume')).json, { LayersSize: 0, Images: null, Containers: null, Volumes: [], BuildCache: null });
  assert.equal((await server.call('GET', '/system/df?type=moon')).json.message, 'unknown object type: moon');
});

test('df tells what a volume weighs and how many containers use it', async () => {
  const volume = { name: 'data', driver: 'local', options: {}, labels: {}, createdAtMs: 0, anonymous: false };
  await using server = await serve({ volumes: { list: () => Promise.resolve({ volumes: [{ volume, mountpoint: '/v', usage: { sizeBytes: 5, refCount: 1 } }], warnings: [] }) } });
  assert.deepEqual((await server.call('GET', '/system/df?type=volume')).json.Volumes[0].UsageData, { RefCount: 1, Size: 5 });
});
