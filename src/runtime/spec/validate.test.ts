import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostConfig } from '../../oci/container.ts';
import { knownCapabilities } from './capabilities.ts';
import type { HostFacts } from './spec-input.ts';
import { parseCpuList, validateHostConfig, validateResources } from './validate.ts';

const facts: HostFacts = {
  cgroupVersion: 2, controllers: [], capabilities: [...knownCapabilities], apparmor: false, seccomp: true, hardLimits: { nofile: 1000, nproc: 1000 },
  kernel: '6.1.0', architecture: 'amd64', swapAccounting: false, runtimeName: 'crun', initPath: undefined,
};
const cpus = { count: 2, cpus: '0-1', mems: '0' };
const mega = 1024 * 1024;

const refused: [host: HostConfig, sentence: string][] = [
  [{ memory: 5 * mega }, 'Minimum memory limit allowed is 6MB'],
  [{ memory: 8 * mega, memorySwap: 7 * mega }, 'Minimum memoryswap limit should be larger than memory limit, see usage'],
  [{ memorySwap: 7 * mega }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
  [{ memorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
  [{ memoryReservation: mega }, 'Minimum memory reservation allowed is 6MB'],
  [{ memory: 8 * mega, memoryReservation: 9 * mega }, 'Minimum memory limit can not be less than memory reservation limit, see usage'],
  [{ nanoCpus: 3e9 }, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ nanoCpus: 1e9, cpuPeriod: 1000 }, 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
  [{ nanoCpus: 1e9, cpuQuota: 1000 }, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
  [{ cpuPeriod: 999 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)'],
  [{ cpuQuota: 999 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
  [{ cpusetCpus: '0-2' }, 'Requested CPUs are not available - requested 0-2, available: 0-1'],
  [{ cpusetCpus: '0-x' }, 'Invalid value 0-x for cpuset cpus'],
  [{ cpusetMems: '1' }, 'Requested memory nodes are not available - requested 1, available: 0'],
  [{ blkioWeight: 5 }, 'Range of blkio weight is from 10 to 1000'],
  [{ oomScoreAdj: 1001 }, 'Invalid value 1001, range for oom score adj is [-1000, 1000]'],
  [{ shmSize: -1 }, 'SHM size can not be less than 0'],
  [{ capAdd: ['nope'] }, 'invalid CapAdd: unknown capability: "CAP_NOPE"'],
  [{ capDrop: ['nope'] }, 'invalid CapDrop: unknown capability: "CAP_NOPE"'],
  [{ sysctls: { 'vm.swappiness': '1' } }, "sysctl 'vm.swappiness' is not allowed"],
  [{ securityOpt: ['foo=bar'] }, 'invalid --security-opt 2: "foo=bar"'],
  [{ deviceRequests: [{ capabilities: [['gpu']] }] }, 'could not select device driver "" with capabilities: [[gpu]]'],
  [{ ioMaximumIOps: 1 }, 'Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps'],
  [{ maskedPaths: ['proc'] }, 'proc is not an absolute path'],
];

describe('validateHostConfig', () => {
  for (const [host, message] of refused) {
    test(`refuses ${JSON.stringify(host)}`, () => assert.throws(() => validateHostConfig(host, facts, cpus), { kind: 'invalid', message }));
  }

  test('takes what is whole', () => {
    assert.deepEqual(validateHostConfig({ memory: 6 * mega, memorySwap: -1, nanoCpus: 2e9, cpusetCpus: '1', capAdd: ['ALL'], ulimits: [{ name: 'nofile', soft: 1, hard: 2 }] }, facts, cpus), []);
  });

  test('warns of what this host cannot do', () => {
    assert.equal(validateHostConfig({ memory: 6 * mega, oomKillDisable: true, memorySwappiness: 5 }, facts, cpus).length, 3);
  });
});

describe('validateResources', () => {
  test('lets an update set swap alone', () => assert.deepEqual(validateResources({ memorySwap: 9 * mega }, facts, cpus, true), []));
});

describe('parseCpuList', () => {
  test('reads numbers and ranges', () => assert.deepEqual([...parseCpuList('0-2,5')!], [0, 1, 2, 5]));
  test('refuses anything else', () => {
    for (const list of ['2-1', '-1', '1,', 'a']) assert.equal(parseCpuList(list), undefined);
  });
});
