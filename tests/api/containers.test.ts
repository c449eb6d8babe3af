import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { ContainerDetails } from '../../src/engine/containers/verbs.ts';
import { frame } from '../../src/api/server/streams/frames.ts';
import { containerId, endpoint, imageId, running } from './support/samples.ts';
import { serve, type Answer } from './support/serve.ts';

const details: ContainerDetails = { record: running, execIds: [], sandboxPath: '/run/gantry/netns/x' };

async function inspected(change: Partial<ContainerDetails>, path = '/containers/web/json'): Promise<Answer['json']> {
  await using server = await serve({ containers: { inspect: () => Promise.resolve({ ...details, ...change }) } });
  return (await server.call('GET', path)).json;
}

test('inspect writes Docker\'s fields in Docker\'s order', async () => {
  const json = await inspected({});
  assert.deepEqual(Object.keys(json), [
    'Id', 'Created', 'Path', 'Args', 'State', 'Image', 'ResolvConfPath', 'HostnamePath', 'HostsPath', 'LogPath', 'Name', 'RestartCount',
    'Driver', 'Platform', 'MountLabel', 'ProcessLabel', 'AppArmorProfile', 'ExecIDs', 'HostConfig', 'GraphDriver', 'Mounts', 'Config', 'NetworkSettings',
  ]);
  assert.equal(json.Name, '/web');
  assert.equal(json.ExecIDs, null);
  assert.equal(json.ResolvConfPath, `/var/lib/gantry/containers/${containerId}/resolv.conf`);
  assert.deepEqual(json.Mounts, [{ Type: 'bind', Source: '/srv', Destination: '/data', Mode: '', RW: true, Propagation: 'rprivate' }]);
  assert.deepEqual(json.GraphDriver, { Data: null, Name: 'overlay2' });
});

test('inspect fills in the defaults that were in force', async () => {
  const { HostConfig } = await inspected({});
  assert.deepEqual(HostConfig.RestartPolicy, { Name: 'no', MaximumRetryCount: 0 });
  assert.deepEqual(HostConfig.LogConfig, { Type: 'json-file', Config: {} });
  assert.deepEqual(
    ['NetworkMode', 'IpcMode', 'CgroupnsMode', 'Runtime', 'ShmSize', 'Memory', 'MemorySwap', 'OomKillDisable', 'PortBindings'].map((key) => HostConfig[key]),
    ['bridge', 'private', 'host', 'crun', 67_108_864, 67_108_864, 134_217_728, false, null],
  );
  assert.ok(HostConfig.MaskedPaths.includes('/proc/kcore'));
  assert.ok(HostConfig.ReadonlyPaths.includes('/proc/sys'));
});

test('a privileged container masks nothing, and an empty list stays empty', async () => {
  const privileged = await inspected({ record: { ...running, hostConfig: { privileged: true } } });
  assert.deepEqual([privileged.HostConfig.MaskedPaths, privileged.HostConfig.ReadonlyPaths], [null, null]);
  const bare = await inspected({ record: { ...running, hostConfig: { maskedPaths: [] } } });
  assert.deepEqual(bare.HostConfig.MaskedPaths, []);
});

test('NetworkSettings of a running container', async () => {
  const { NetworkSettings: settings } = await inspected({});
  assert.deepEqual(settings.Ports, {
    '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }, { HostIp: '::', HostPort: '8080' }], '9000/udp': null, '9001/udp': null,
  });
  assert.deepEqual([settings.IPAddress, settings.IPPrefixLen, settings.Gateway, settings.SandboxKey], ['172.17.0.2', 16, '172.17.0.1', '/run/gantry/netns/x']);
  assert.deepEqual(settings.Networks.bridge, {
    IPAMConfig: null, Links: null, Aliases: null, MacAddress: '02:42:ac:11:00:02', DriverOpts: null, GwPriority: 0,
    NetworkID: 'f'.repeat(64), EndpointID: 'e'.repeat(64), Gateway: '172.17.0.1', IPAddress: '172.17.0.2', IPPrefixLen: 16,
    IPv6Gateway: '', GlobalIPv6Address: '', GlobalIPv6PrefixLen: 0, DNSNames: null,
  });
});

test('a container that does not run has no addresses and no ports', async () => {
  const { NetworkSettings: settings, State } = await inspected({ sandboxPath: undefined, record: { ...running, state: { status: 'created' } } });
  assert.deepEqual([settings.Ports, settings.IPAddress, settings.Networks.bridge.IPAddress, settings.Networks.bridge.EndpointID], [{}, '', '', '']);
  assert.equal(State.Status, 'created');
});

test('before 1.45 the short id and the host name are aliases on a network of one\'s own', async () => {
  const record = { ...running, endpoints: { mine: { ...endpoint, request: { aliases: ['a'] } } } };
  const aliases = async (path: string): Promise<unknown> => (await inspected({ record }, path)).NetworkSettings.Networks.mine.Aliases;
  assert.deepEqual(await aliases('/v1.44/containers/web/json'), ['a', 'cccccccccccc']);
  assert.deepEqual(await aliases('/v1.45/containers/web/json'), ['a']);
});

test('the list shows a container as docker ps reads it', async () => {
  await using server = await serve({ containers: { list: () => Promise.resolve([{ record: running, names: [running.name], imageName: 'busybox', endpoints: running.endpoints }]) } });
  const { json } = await server.call('GET', '/containers/json');
  const { Status, NetworkSettings, ...rest } = json[0];
  assert.match(Status, /^Up /);
  assert.equal(NetworkSettings.Networks.bridge.IPAddress, '172.17.0.2');
  assert.deepEqual(rest, {
    Id: containerId, Names: ['/web'], Image: 'busybox', ImageID: imageId, Command: 'sleep \'1 0\'', Created: 1_767_323_045,
    Ports: [
      { PrivatePort: 9000, Type: 'udp' }, { PrivatePort: 9001, Type: 'udp' },
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }, { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
    ],
    Labels: {}, State: 'running', HostConfig: { NetworkMode: 'bridge' },
    Mounts: [{ Type: 'bind', Source: '/srv', Destination: '/data', Mode: '', RW: true, Propagation: 'rprivate' }],
  });
});

test('the list hands its query to the engine', async () => {
  const asked: unknown[] = [];
  await using server = await serve({ containers: { list: (options) => { asked.push({ ...options, filters: Object.fromEntries(options.filters) }); return Promise.resolve([]); } } });
  await server.call('GET', `/containers/json?all=1&limit=5&size=true&filters=${encodeURIComponent('{"label":{"a=b":true}}')}`);
  assert.deepEqual(asked, [{ all: true, limit: 5, size: true, filters: { label: ['a=b'] } }]);
});

test('create answers 201 with the id and all warnings', async () => {
  await using server = await serve({ containers: { create: (request) => Promise.resolve({ id: containerId, warnings: [`name ${request.name}`] }) } });
  const answer = await server.call('POST', '/containers/create?name=web', { body: { Image: 'busybox' } });
  assert.deepEqual([answer.status, answer.json], [201, { Id: containerId, Warnings: ['name web'] }]);
});

const acts: [method: string, path: string, verb: string, args: unknown[]][] = [
  ['POST', '/containers/web/start', 'start', ['web']],
  ['POST', '/containers/web/kill', 'kill', ['web', 'SIGKILL']],
  ['POST', '/containers/web/kill?signal=HUP', 'kill', ['web', 'HUP']],
  ['POST', '/containers/web/pause', 'pause', ['web']],
  ['POST', '/containers/web/unpause', 'unpause', ['web']],
  ['POST', '/containers/web/rename?name=new', 'rename', ['web', 'new']],
  ['POST', '/containers/web/restart?t=-1&signal=INT', 'restart', ['web', { signal: 'INT', timeoutSeconds: -1 }]],
  ['POST', '/v1.41/containers/web/restart?t=3&signal=INT', 'restart', ['web', { timeoutSeconds: 3 }]],
  ['DELETE', '/containers/web?force=1&v=true', 'remove', ['web', { force: true, volumes: true, link: false }]],
];
for (const [method, path, verb, args] of acts) {
  test(`${method} ${path} calls ${verb} and answers 204`, async () => {
    const calls: unknown[] = [];
    await using server = await serve({ containers: { [verb]: (...given: unknown[]) => { calls.push(given); return Promise.resolve(); } } });
    const answer = await server.call(method, path);
    assert.deepEqual([answer.status, answer.text, calls], [204, '', [args]]);
  });
}

test('wait sends its headers first and the exit code at the end', async () => {
  const end = Promise.withResolvers<{ exitCode: number; error?: string }>();
  await using server = await serve({ containers: { wait: () => Promise.resolve({ done: end.promise }) } });
  const socket = await server.dial();
  socket.write('POST /containers/web/wait?condition=next-exit HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const first = await new Promise<string>((resolve) => { socket.once('data', (chunk) => resolve(String(chunk))); });
  assert.match(first, /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\n$/);
  end.resolve({ exitCode: 3, error: 'gone' });
  let rest = '';
  for await (const chunk of socket) rest += String(chunk);
  assert.match(rest, /\{"StatusCode":3,"Error":\{"Message":"gone"\}\}\n/);
});

test('logs are framed or raw, with the type that says so', async () => {
  const bytes = frame(1, Buffer.from('line\n'));
  for (const [path, tty, type] of [
    ['/containers/x/logs?stdout=1', false, 'application/vnd.docker.multiplexed-stream'],
    ['/v1.41/containers/x/logs?stdout=1', false, 'application/vnd.docker.raw-stream'],
    ['/containers/x/logs?stdout=1', true, 'application/vnd.docker.raw-stream'],
  ] as const) {
    await using server = await serve({ containers: { logs: () => Promise.resolve({ tty, frames: Readable.from([bytes]) }) } });
    const answer = await server.call('GET', path);
    assert.deepEqual([answer.status, answer.headers['content-type'], answer.text], [200, type, bytes.toString()]);
  }
});

test('logs hands since, until and tail to the engine', async () => {
  const asked: unknown[] = [];
  await using server = await serve({ containers: { logs: (_, { abort: _abort, ...options }) => { asked.push(options); return Promise.resolve({ tty: true, frames: Readable.from([]) }); } } });
  await server.call('GET', '/containers/x/logs?stderr=1&follow=1&since=1.5&until=0&tail=all&timestamps=1');
  await server.call('GET', '/containers/x/logs?stderr=1&tail=7');
  const common = { stdout: false, stderr: true, details: false, until: undefined };
  assert.deepEqual(asked, [
    { ...common, follow: true, timestamps: true, since: 1_500_000_000n, tail: undefined },
    { ...common, follow: false, timestamps: false, since: undefined, tail: 7 },
  ]);
});

test('update hands on what is to change, and no zeros', async () => {
  const asked: unknown[] = [];
  await using server = await serve({ containers: { update: (_, change) => { asked.push(change); return Promise.resolve({ warnings: [] }); } } });
  const body = { Memory: 1024, CpuShares: 0, CpusetCpus: '', PidsLimit: -1, RestartPolicy: { Name: '', MaximumRetryCount: 0 } };
  assert.equal((await server.call('POST', '/containers/x/update', { body })).text, '{"Warnings":null}\n');
  await server.call('POST', '/v1.39/containers/x/update', { body: { ...body, RestartPolicy: { Name: 'always' } } });
  assert.deepEqual(asked, [{ memory: 1024, pidsLimit: 0 }, { memory: 1024, restartPolicy: { name: 'always' } }]);
});
