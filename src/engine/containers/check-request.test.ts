import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig, HostConfig, Resources } from '../../oci/container.ts';
import { checkNetworkConflicts, checkRequest } from './check-request.ts';
import { checkResources, parseCpuSet, type LimitFacts } from './check-resources.ts';
import { signalNumber } from './signals.ts';

const facts: LimitFacts = { controllers: ['memory', 'cpu', 'cpuset', 'pids', 'blkio'], cgroupVersion: 1, swapAccounting: true, cpuCount: 2, memoryNodes: '0', hasBlockIoLimit: (limit) => limit !== 'blkio.weight' };
const MB = 1024 * 1024;

const limits: [Resources, string][] = [
  [{ memory: 4 * MB }, 'Minimum memory limit allowed is 6MB'],
  [{ memory: 10 * MB, memorySwap: 9 * MB }, 'Minimum memoryswap limit should be larger than memory limit, see usage'],
  [{ memorySwap: 9 * MB }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
  [{ memory: 10 * MB, memoryReservation: 11 * MB }, 'Minimum memory limit can not be less than memory reservation limit, see usage'],
  [{ memorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
  [{ nanoCpus: 1e9, cpuPeriod: 5000 }, 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
  [{ nanoCpus: 1e9, cpuQuota: 5000 }, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
  [{ nanoCpus: 3e9 }, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ cpuRealtimePeriod: 1000, cpuRealtimeRuntime: 2000 }, 'cpu real-time runtime cannot be higher than cpu real-time period'],
  [{ cpuPeriod: 10 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)'],
  [{ cpuQuota: 10 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
  [{ cpusetCpus: '0-9999999999' }, 'Invalid value 0-9999999999 for cpuset cpus: value of out range, maximum is 8192'],
  [{ cpusetCpus: '0-99' }, 'Requested CPUs are not available - requested 0-99, available: 0-1'],
  [{ cpusetCpus: 'one' }, 'Invalid value one for cpuset cpus: invalid format: one'],
  [{ cpusetMems: '5' }, 'Requested memory nodes are not available - requested 5, available: 0'],
];
for (const [resources, message] of limits) {
  test(`checkResources() refuses ${JSON.stringify(resources)}`, () => assert.throws(() => checkResources(resources, facts, { update: false }), { message }));
}

test('checkResources() leaves out what the kernel cannot do, and says so', () => {
  const without = checkResources({ memory: 10 * MB, pidsLimit: 5, cpuShares: 2 }, { ...facts, controllers: ['memory'], swapAccounting: false }, { update: false });
  assert.deepEqual(without.resources, { memory: 10 * MB, memorySwap: -1, pidsLimit: undefined, cpuShares: 0 });
  assert.equal(without.warnings.length, 3);
  assert.deepEqual(checkResources({ memory: 10 * MB, pidsLimit: 5 }, facts, { update: false }).warnings, []);
});

test('parseCpuSet() reads lists and ranges', () => {
  assert.deepEqual(['', '0', '0-3,1', '3-1', ',', '-1'].map((text) => parseCpuSet(text)?.last), [-1, 0, 3, undefined, undefined, undefined]);
});

const requests: [ContainerConfig, HostConfig, string][] = [
  [{}, { autoRemove: true, restartPolicy: { name: 'always' } }, "can't create 'AutoRemove' container with restart policy"],
  [{}, { pidMode: 'mine' }, 'invalid PID mode: mine'],
  [{}, { pidMode: 'container:' }, 'invalid PID mode: container:'],
  [{}, { ipcMode: 'x' }, 'invalid IPC mode: x'],
  [{}, { utsMode: 'container:a' }, 'invalid UTS mode: container:a'],
  [{}, { shmSize: -1 }, 'SHM size can not be less than 0'],
  [{}, { oomScoreAdj: 1001 }, 'Invalid value 1001, range for oom score adj is [-1000, 1000]'],
  [{}, { portBindings: { '80/tcp': [{ hostPort: 'http' }] } }, 'invalid port specification: "http"'],
  [{ exposedPorts: { '99999/tcp': {} } }, {}, 'invalid port specification: "99999/tcp"'],
  [{ workingDir: 'srv' }, {}, "the working directory 'srv' is invalid, it needs to be an absolute path"],
  [{ hostname: 'h'.repeat(65) }, {}, `hostname "${'h'.repeat(65)}" is too long (maximum 64 bytes)`],
  [{ stopSignal: 'SIGNOPE' }, {}, 'invalid signal: SIGNOPE'],
  [{ env: ['=x'] }, {}, 'invalid environment variable: =x'],
  [{ healthcheck: { interval: 5 } }, {}, 'Interval in Healthcheck cannot be less than 1ms'],
  [{}, { storageOpt: { size: '1G' } }, "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"],
  [{}, { storageOpt: { colour: 'red' } }, 'Unknown option colour'],
  [{}, { portBindings: { '80/tcp': [{ hostPort: '70000' }] } }, 'invalid port specification: "70000"'],
  [{}, { portBindings: { '80/tcp': [{ hostPort: '8002-8000' }] } }, 'invalid port specification: "8002-8000"'],
  [{}, { portBindings: { '80-82/tcp': [{}] } }, 'invalid port specification: "80-82"'],
  [{}, { extraHosts: ['a:b'] }, 'invalid IP address in add-host: "b"'],
  [{}, { extraHosts: ['a:'] }, 'invalid IP address in add-host: ""'],
  [{}, { extraHosts: [':1.2.3.4'] }, 'bad format for add-host: ":1.2.3.4"'],
  [{}, { networkMode: 'container:' }, 'invalid network mode: invalid container format container:<name|id>'],
];
for (const [config, host, message] of requests) {
  test(`checkRequest() refuses ${JSON.stringify({ ...config, ...host }).slice(0, 70)}`, () => assert.throws(() => checkRequest(config, host), { message }));
}

test('checkResources() keeps a weight on block devices only where the kernel has one', () => {
  const weightless = checkResources({ blkioWeight: 500, blkioDeviceReadBps: [{ path: '/dev/sda', rate: 5 }] }, facts, { update: false });
  assert.deepEqual(weightless.warnings, ['Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.']);
  assert.equal(weightless.resources.blkioWeight, 0);
  assert.equal(weightless.resources.blkioDeviceReadBps?.length, 1);
  const able: LimitFacts = { ...facts, hasBlockIoLimit: () => true };
  assert.equal(checkResources({ blkioWeight: 500 }, able, { update: false }).resources.blkioWeight, 500);
  assert.throws(() => checkResources({ blkioWeight: 5 }, able, { update: false }), { message: 'Range of blkio weight is from 10 to 1000' });
});

test('checkRequest() warns of ports published in host network mode', () => {
  assert.deepEqual(checkRequest({}, { networkMode: 'host', portBindings: { '80/tcp': [] } }), ['Published ports are discarded when using host network mode']);
});

test('checkNetworkConflicts() refuses what the namespace of another container decides', () => {
  const joined: HostConfig = { networkMode: 'container:a' };
  assert.throws(() => checkNetworkConflicts({ hostname: 'x' }, joined), { message: 'conflicting options: hostname and the network mode' });
  assert.throws(() => checkNetworkConflicts({}, { ...joined, publishAllPorts: true }), { message: 'conflicting options: port publishing and the container type network mode' });
  assert.throws(() => checkNetworkConflicts({ hostname: 'x' }, { utsMode: 'host' }), { message: 'conflicting options: hostname and the UTS mode' });
});

test('checkRequest() refuses device requests in the words of an engine without a driver for them', () => {
  assert.throws(() => checkRequest({}, { deviceRequests: [{ count: -1, capabilities: [['gpu']] }] }), { kind: 'invalid', message: 'could not select device driver "" with capabilities: [[gpu]]' });
});

test('signalNumber() knows names, numbers and real-time signals', () => {
  assert.deepEqual(['SIGTERM', 'term', '9', 'RTMIN', 'SIGRTMIN+3', 'RTMAX-1', 'HUP'].map(signalNumber), [15, 15, 9, 34, 37, 63, 1]);
  for (const wrong of ['', '0', 'SIGFOO', 'RTMIN+40', '9x']) assert.throws(() => signalNumber(wrong), { message: `invalid signal: ${wrong}` });
  for (const wrong of ['65', '-9']) assert.throws(() => signalNumber(wrong), { message: `the linux daemon does not support signal ${wrong}` });
});

for (const [field, config] of [['Cmd', { cmd: ['echo', 'a\0b'] }], ['Entrypoint', { entrypoint: ['\0'] }], ['Env', { env: ['A=\0'] }]] as const) {
  test(`checkRequest() refuses a NUL byte in ${field}, where the kernel would lose what follows`, () =>
    assert.throws(() => checkRequest(config as unknown as ContainerConfig, {}), { kind: 'invalid', message: new RegExp(`^invalid ${field}: ".*" has a NUL byte in it$`) }));
}
