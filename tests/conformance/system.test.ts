import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('system', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  test('ping says OK and what it speaks', async () => {
    const answer = await engine.expect('GET', '/_ping', { status: 200 });
    assert.equal(answer.text, 'OK');
    assert.equal(answer.headers.ostype, 'linux');
    assert.match(String(answer.headers['api-version']), /^1\.\d+$/);
    assert.equal(answer.headers['cache-control'], 'no-cache, no-store, must-revalidate');
    assert.equal(answer.headers.pragma, 'no-cache');
    assert.equal(answer.headers['docker-experimental'], 'false');
    assert.equal((await engine.expect('HEAD', '/_ping', { status: 200 })).text, '');
  });

  test('a version too new, and one too old, are refused', async () => {
    const version = (value: string) => new Engine({ socketPath: engine.socketPath, image: engine.image, ours: engine.ours, version: value });
    await version('1.99').expect('GET', '/info', { status: 400, message: /client version 1\.99 is too new\. Maximum supported API version is 1\.\d+/ });
    const old = await version('1.10').expect('GET', '/info', { status: 400 });
    assert.match(old.text, /client version 1\.10 is too old\. Minimum supported API version is 1\.\d+, please upgrade your client to a newer version/);
  });

  test('an unknown route is 404 page not found', () => engine.answers('GET', '/no/such/route', { status: 404, message: 'page not found' }));

  test('version and info have what clients read', async () => {
    const version = (await engine.expect('GET', '/version', { status: 200 })).json;
    for (const key of ['Version', 'ApiVersion', 'MinAPIVersion', 'Os', 'Arch', 'KernelVersion', 'Components', 'GoVersion', 'GitCommit']) assert.ok(key in version, key);
    assert.equal(version.Os, 'linux');
    const info = (await engine.expect('GET', '/info', { status: 200 })).json;
    for (const key of [
      'ID', 'Containers', 'ContainersRunning', 'ContainersPaused', 'ContainersStopped', 'Images', 'Driver', 'DriverStatus', 'Plugins', 'MemoryLimit',
      'SwapLimit', 'CpuCfsPeriod', 'CpuCfsQuota', 'CPUShares', 'CPUSet', 'PidsLimit', 'IPv4Forwarding', 'Debug', 'NFd', 'OomKillDisable', 'NGoroutines', 'SystemTime',
      'LoggingDriver', 'CgroupDriver', 'CgroupVersion', 'NEventsListener', 'KernelVersion', 'OperatingSystem', 'OSVersion', 'OSType', 'Architecture',
      'IndexServerAddress', 'RegistryConfig', 'NCPU', 'MemTotal', 'DockerRootDir', 'HttpProxy', 'HttpsProxy', 'NoProxy', 'Name', 'Labels',
      'ExperimentalBuild', 'ServerVersion', 'Runtimes', 'DefaultRuntime', 'Swarm', 'LiveRestoreEnabled', 'Isolation', 'InitBinary', 'SecurityOptions', 'Warnings',
    ]) assert.ok(key in info, key);
    assert.equal(info.OSType, 'linux');
    assert.equal(info.Swarm.LocalNodeState, 'inactive');
  });

  test('swarm routes answer 503 as a node outside a swarm does', () =>
    engine.answers('GET', '/services', { status: 503, message: /This node is not a swarm manager/ }));

  test('plugins are an empty list', async () => {
    assert.deepEqual((await engine.expect('GET', '/plugins', { status: 200 })).json, []);
  });

  test('the events of a run come in order', async () => {
    const since = Math.floor(Date.now() / 1000) - 1;
    const { id } = await engine.finished({ Cmd: ['true'], HostConfig: { NetworkMode: 'none' } });
    await engine.expect('DELETE', `/containers/${id}`, { status: 204 });
    const until = Math.floor(Date.now() / 1000) + 2;
    const { text } = await engine.expect('GET', '/events', {
      query: { since, until, filters: JSON.stringify({ container: [id], type: ['container'] }) }, status: 200,
    });
    const events = text.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(events.map((event) => event.Action), ['create', 'start', 'die', 'destroy']);
    assert.equal(events[2].Actor.Attributes.exitCode, '0');
    assert.equal(events[0].Actor.Attributes.image, engine.image);
    assert.equal(events[0].status, 'create');
    assert.equal(events[0].from, engine.image);
    assert.equal(events[0].scope, 'local');
    assert.equal(Math.floor(events[0].timeNano / 1e9), events[0].time);
  });
});
