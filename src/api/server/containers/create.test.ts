import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostConfig } from '../../../oci/container.ts';
import { readCreateRequest } from './create.ts';

function hostOf(HostConfig: object, version: string): HostConfig {
  return readCreateRequest({ Image: 'x', HostConfig }, version).request.hostConfig;
}

test('readCreateRequest() takes the three parts apart', () => {
  const { request, warnings } = readCreateRequest({
    Image: 'busybox', Cmd: ['true'], Unknown: 1,
    HostConfig: { Memory: 5 },
    NetworkingConfig: { EndpointsConfig: { net: { Aliases: ['a'], IPAMConfig: { IPv4Address: '10.0.0.2' } } } },
  }, '1.51');
  assert.deepEqual(request.config, { image: 'busybox', cmd: ['true'] });
  assert.equal(request.hostConfig.memory, 5);
  assert.deepEqual(request.endpoints['net']?.ipamConfig, { ipv4Address: '10.0.0.2' });
  assert.deepEqual(warnings, []);
});

test('the network "default" is the bridge', () => {
  const { request } = readCreateRequest({ Image: 'x', HostConfig: { NetworkMode: 'default' }, NetworkingConfig: { EndpointsConfig: { default: { MacAddress: '02:00:00:00:00:01' } } } }, '1.51');
  assert.equal(request.hostConfig.networkMode, 'bridge');
  assert.deepEqual(Object.keys(request.endpoints), ['bridge']);
});

const refused: [host: object, version: string, message: RegExp][] = [
  [{ CpuCount: 2 }, '1.51', /^CpuCount is for Windows/],
  [{ IOMaximumIOps: 2 }, '1.51', /^IOMaximumIOps is for Windows/],
  [{ SecurityOpt: ['credentialspec=file://x'] }, '1.51', /credentialspec/],
  [{ Mounts: [{ Type: 'cluster', Source: 'a', Target: '/b' }] }, '1.51', /^mount type "cluster" is not supported/],
  [{ Mounts: [{ Type: 'cluster', Source: 'a', Target: '/b' }] }, '1.51', /^mount type "cluster" is not supported/],
  [{ KernelMemory: 1 }, '1.41', /^KernelMemory cannot be honoured/],
  [{ Mounts: [{ Type: 'bind', VolumeOptions: {} }] }, '1.42', /^VolumeOptions must not be specified on mount type "bind"$/],
  [{ Mounts: [{ Type: 'volume', VolumeOptions: { Subpath: 'a' } }] }, '1.44', /^VolumeOptions.Subpath needs API v1.45 or newer$/],
  [{ Mounts: [{ Type: 'image' }] }, '1.47', /^Mount type "Image" needs API v1.48 or newer$/],
  [{ Mounts: [{ Type: 'bind', BindOptions: { ReadOnlyForceRecursive: true } }] }, '1.43', /^BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer$/],
];
for (const [host, version, message] of refused) {
  test(`at ${version} the host config ${JSON.stringify(host)} is refused`, () => {
    assert.throws(() => hostOf(host, version), (error: { kind: string; message: string }) => error.kind === 'invalid' && message.test(error.message));
  });
}

const shimmed: [host: object, version: string, field: keyof HostConfig, expected: unknown][] = [
  [{ AutoRemove: true }, '1.24', 'autoRemove', undefined],
  [{ AutoRemove: true }, '1.25', 'autoRemove', true],
  [{}, '1.39', 'ipcMode', 'shareable'],
  [{}, '1.40', 'ipcMode', undefined],
  [{}, '1.40', 'cgroupnsMode', 'host'],
  [{ ConsoleSize: [24, 80] }, '1.41', 'consoleSize', undefined],
  [{ ConsoleSize: [24, 80] }, '1.42', 'consoleSize', [24, 80]],
  [{ Annotations: { a: 'b' } }, '1.42', 'annotations', undefined],
  [{ PidsLimit: -1 }, '1.51', 'pidsLimit', undefined],
  [{ PidsLimit: 0 }, '1.51', 'pidsLimit', undefined],
  [{ MemorySwappiness: -1 }, '1.51', 'memorySwappiness', undefined],
  [{ MemorySwappiness: 0 }, '1.51', 'memorySwappiness', 0],
];
for (const [host, version, field, expected] of shimmed) {
  test(`at ${version}, ${JSON.stringify(host)} means ${field} ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(hostOf(host, version)[field], expected);
  });
}

test('a read-only bind is not recursive before 1.44', () => {
  const Mounts = [{ Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true }];
  assert.equal(hostOf({ Mounts }, '1.43').mounts?.[0]?.bindOptions?.readOnlyNonRecursive, true);
  assert.equal(hostOf({ Mounts }, '1.44').mounts?.[0]?.bindOptions, undefined);
});

test('a limit on kernel memory is passed over from 1.42', () => {
  assert.deepEqual(hostOf({ KernelMemory: 1, NetworkMode: 'host' }, '1.44'), { networkMode: 'host' });
});

test('several endpoints need 1.44', () => {
  const body = { Image: 'x', HostConfig: { NetworkMode: 'a' }, NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } };
  assert.throws(() => readCreateRequest(body, '1.43'), { message: 'Container cannot be created with multiple network endpoints: a, b' });
  assert.deepEqual(Object.keys(readCreateRequest(body, '1.44').request.endpoints), ['a', 'b']);
});

test('the MAC address of a container moves to its endpoint, from 1.44 with a warning', () => {
  const body = { Image: 'x', MacAddress: '02:00:00:00:00:01' };
  const old = readCreateRequest(body, '1.43');
  assert.deepEqual([old.request.endpoints, old.warnings], [{ bridge: { macAddress: '02:00:00:00:00:01' } }, []]);
  const now = readCreateRequest(body, '1.44');
  assert.equal(now.request.endpoints['bridge']?.macAddress, '02:00:00:00:00:01');
  assert.equal(now.request.config.macAddress, undefined);
  assert.match(now.warnings[0]!, /MacAddress field is now deprecated/);
});
