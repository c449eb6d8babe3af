/** Nonsense in every place of the API: each request is answered, nothing unforeseen happens inside, and the engine goes on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { routes } from '../../src/api/server/routes.ts';
import { image, Stage } from './stage.ts';

let stage: Stage;
let container = '';
before(async () => {
  stage = await Stage.withImage();
  const { json } = await stage.ok('POST', '/containers/create', { Image: image, Cmd: ['true'] });
  container = (json as { Id: string }).Id;
});
after(() => stage[Symbol.asyncDispose]());

const configFields = ['Cmd', 'Entrypoint', 'Env', 'WorkingDir', 'User', 'Hostname', 'Domainname', 'Labels', 'Volumes', 'ExposedPorts', 'StopSignal', 'StopTimeout', 'Healthcheck', 'Shell', 'Tty', 'OpenStdin', 'OnBuild', 'NetworkDisabled', 'MacAddress', 'AttachStdin', 'StdinOnce', 'ArgsEscaped'];
const hostFields = ['Binds', 'Mounts', 'PortBindings', 'Memory', 'MemorySwap', 'NanoCpus', 'CpuShares', 'CpuQuota', 'CpuPeriod', 'CpusetCpus', 'CpusetMems', 'PidsLimit', 'BlkioWeight', 'Devices', 'DeviceRequests', 'DeviceCgroupRules', 'Ulimits', 'CapAdd', 'CapDrop', 'SecurityOpt', 'Sysctls', 'Tmpfs', 'ShmSize', 'RestartPolicy', 'NetworkMode', 'PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'CgroupnsMode', 'Cgroup', 'CgroupParent', 'LogConfig', 'Runtime', 'Dns', 'DnsOptions', 'DnsSearch', 'ExtraHosts', 'GroupAdd', 'Links', 'OomScoreAdj', 'OomKillDisable', 'ReadonlyPaths', 'MaskedPaths', 'ReadonlyRootfs', 'Init', 'VolumesFrom', 'VolumeDriver', 'StorageOpt', 'Annotations', 'AutoRemove', 'Privileged', 'PublishAllPorts', 'ContainerIDFile', 'KernelMemory', 'Isolation', 'ConsoleSize'];

/** Values that are nearly right, and those that are not at all. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', '/', '..', '/../..', 'a:b:c:d', ':', '0', '-1', 'container:', 'container:nobody', 'host', 'none', '\u0000', '80/tcp', '65536', '\uFFFF', 'x'.repeat(5000), -1, 0, 1.5, 2 ** 53, 1e300, null, [], {}, [null], [''], [[]], [{}], { '': '' }, { '80/tcp': null }, { '80/tcp': [{}] }, { '80/tcp': [{ HostPort: 'x' }] }, ['/tmp:/x:zz'], [':/x'], ['/x'], { Type: 'nope' }, [{ Type: 'bind' }], [{ Target: '/x', Type: 'tmpfs', TmpfsOptions: { SizeBytes: -1 } }], { __proto__: 1 }, { constructor: 1 }),
);

const body = fc.record({
  config: fc.dictionary(fc.constantFrom(...configFields), value, { maxKeys: 3 }),
  host: fc.dictionary(fc.constantFrom(...hostFields), value, { maxKeys: 3 }),
  network: fc.option(value, { nil: undefined }),
}).map(({ config, host, network }) => ({ Image: image, ...config, HostConfig: host, ...(network !== undefined && { NetworkingConfig: network }) }));

/** What no one foresaw is logged with its stack. */
function unforeseen(): string[] {
  return stage.daemon.log.split('\n').filter((line) => /TypeError|RangeError|ReferenceError|SyntaxError|SQLITE|Cannot read prop|is not a function|    at /.test(line));
}

async function answered(method: string, path: string, payload?: unknown): Promise<number> {
  const { status, text } = await stage.daemon.request(method, path, payload);
  if (status >= 400) assert.doesNotMatch(text, /TypeError|Cannot (read prop|use 'in')|is not a function|undefined|\[object Object\]/, `${method} ${path} ${JSON.stringify(payload)}: ${status} ${text}`);
  return status;
}

test('create takes or refuses any body, and what it took can be shown and removed', async () => {
  await fc.assert(fc.asyncProperty(body, async (payload) => {
    const { status, json, text } = await stage.daemon.request('POST', '/containers/create', payload);
    assert.ok(status === 201 || (status >= 400 && status < 500), `${status} ${text}`);
    assert.doesNotMatch(text, /TypeError|Cannot read prop|is not a function|\[object Object\]/);
    if (status !== 201) return;
    const { Id } = json as { Id: string };
    assert.equal(await answered('GET', `/containers/${Id}/json`), 200);
    assert.equal(await answered('GET', '/containers/json?all=1&size=1'), 200);
    assert.equal(await answered('DELETE', `/containers/${Id}?v=1`), 204);
  }), { numRuns: 400 });
  assert.deepEqual(unforeseen(), []);
});

test('what create took starts or is refused, and is removed', async () => {
  await fc.assert(fc.asyncProperty(body, async (payload) => {
    const { status, json } = await stage.daemon.request('POST', '/containers/create', { ...payload, Cmd: ['true'], Entrypoint: null, HostConfig: { ...payload.HostConfig, AutoRemove: false } });
    if (status !== 201) return;
    const { Id } = json as { Id: string };
    const started = await stage.daemon.request('POST', `/containers/${Id}/start`);
    assert.doesNotMatch(started.text, /TypeError|Cannot read prop|is not a function|\[object Object\]/);
    assert.equal(await answered('DELETE', `/containers/${Id}?v=1&force=1`), 204);
  }), { numRuns: 60 });
  assert.deepEqual(unforeseen(), []);
});

/** Routes that stream until somebody leaves, or change all there is, are left alone. */
const asked = routes.filter(({ path }) => !/events|attach|prune|session|grpc|\/wait|\/stats|logs|{name\*}\/(push|get)|images\/(get|load|create)|auth/.test(path));

test('every route answers any name, any query and any body', async () => {
  const name = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('%2e%2e', '%00', '%', '..%2f..%2fetc', 'a'.repeat(300), '%F0%9F', 'sha256:', '@', ':', '__proto__', 'constructor'), fc.constant('known'));
  const query = fc.dictionary(fc.constantFrom('all', 'limit', 'filters', 'size', 'signal', 't', 'h', 'w', 'path', 'force', 'v', 'name', 'tag', 'repo', 'ps_args', 'names', 'fromImage', 'reference', 'noOverwriteDirNonDir'), fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('1', '-1', '999999999999999999999', '{}', '{"a":1}', '{"label":["x"]}', '[]', '{"since":["nobody"]}', 'null')), { maxKeys: 3 });
  await fc.assert(fc.asyncProperty(fc.constantFrom(...asked), name, query, fc.option(value, { nil: undefined }), async (route, word, parameters, payload) => {
    const path = route.path.replace(/\{[^}]*\}/g, () => (word === 'known' ? container : /^(%[\w.%]*|%)$/.test(word) ? word : encodeURIComponent(word) || 'x'));
    const status = await answered(route.method, `${path}?${new URLSearchParams(parameters)}`, route.method === 'GET' || route.method === 'HEAD' ? undefined : payload ?? {});
    assert.ok(status >= 200 && status <= 503, `${route.method} ${path}: ${status}`);
  }), { numRuns: 800 });
  assert.deepEqual(unforeseen(), []);
  assert.equal(await answered('GET', '/_ping'), 200);
});
