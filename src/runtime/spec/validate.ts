/**
 * What a container may ask for, checked when it is created and when it is updated: before anything exists. The sentences are Docker's.
 */
import { GantryError } from '../../base/errors.ts';
import type { HostConfig, Resources } from '../../oci/container.ts';
import { normalizeCapabilities } from './capabilities.ts';
import { parseRule } from './devices.ts';
import { parseSecurityOptions } from './security-options.ts';
import { seccompProfile } from './seccomp.ts';
import type { HostFacts } from './spec-input.ts';
import { sysctlNamespace } from './sysctls.ts';
import { ulimitsOf } from './ulimits.ts';

/** 6 MiB: less does not hold the runtime's own start. */
const minimumMemory = 6 * 1024 * 1024;

export interface HostCpus {
  /** How many the scheduler has. */
  count: number;
  /** Lists as in cpuset files, such as `0-3,6`. */
  cpus: string;
  mems: string;
}

/** @throws invalid; returns warnings for what is dropped because this host cannot do it */
export function validateHostConfig(host: HostConfig, facts: HostFacts, cpus: HostCpus): string[] {
  wrap('invalid CapAdd', () => normalizeCapabilities(host.capAdd ?? [], facts.capabilities));
  wrap('invalid CapDrop', () => normalizeCapabilities(host.capDrop ?? [], facts.capabilities));
  const security = parseSecurityOptions(host.securityOpt ?? []);
  if (security.seccomp !== undefined) seccompProfile(security.seccomp, [], facts);
  for (const rule of host.deviceCgroupRules ?? []) parseRule(rule);
  for (const key of Object.keys(host.sysctls ?? {})) {
    if (sysctlNamespace(key) === undefined) throw invalid(`sysctl '${key}' is not allowed`);
  }
  if (host.shmSize !== undefined && host.shmSize < 0) throw invalid('SHM size can not be less than 0');
  if (host.oomScoreAdj !== undefined && (host.oomScoreAdj < -1000 || host.oomScoreAdj > 1000)) {
    throw invalid(`Invalid value ${host.oomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
  for (const path of [...(host.maskedPaths ?? []), ...(host.readonlyPaths ?? [])]) {
    if (!path.startsWith('/')) throw invalid(`${path} is not an absolute path`);
  }
  ulimitsOf(host.ulimits, facts);
  return validateResources(host, facts, cpus, false);
}

/** @throws invalid; returns warnings. An `update` may set swap alone: the memory limit is known already. */
export function validateResources(resources: Resources, facts: HostFacts, cpus: HostCpus, update: boolean): string[] {
  checkMemory(resources, update);
  checkCpu(resources, cpus);
  checkCpuset('CPUs', 'cpus', resources.cpusetCpus ?? '', cpus.cpus);
  checkCpuset('memory nodes', 'mems', resources.cpusetMems ?? '', cpus.mems);
  checkRefused(resources);
  if (resources.blkioWeight !== undefined && resources.blkioWeight !== 0 && (resources.blkioWeight < 10 || resources.blkioWeight > 1000)) {
    throw invalid('Range of blkio weight is from 10 to 1000');
  }
  return warningsFor(resources, facts);
}

function checkMemory(resources: Resources, update: boolean): void {
  const { memory = 0, memorySwap = 0, memoryReservation = 0, memorySwappiness } = resources;
  if (memory !== 0 && memory < minimumMemory) throw invalid('Minimum memory limit allowed is 6MB');
  if (memory > 0 && memorySwap > 0 && memorySwap < memory) throw invalid('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (memory === 0 && memorySwap > 0 && !update) throw invalid('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (memorySwappiness !== undefined && memorySwappiness !== null && memorySwappiness !== -1 && (memorySwappiness < 0 || memorySwappiness > 100)) {
    throw invalid(`Invalid value: ${memorySwappiness}, valid memory swappiness range is 0-100`);
  }
  if (memoryReservation > 0 && memoryReservation < minimumMemory) throw invalid('Minimum memory reservation allowed is 6MB');
  if (memory > 0 && memoryReservation > 0 && memory < memoryReservation) {
    throw invalid('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
}

function checkCpu(resources: Resources, cpus: HostCpus): void {
  const { nanoCpus = 0, cpuPeriod = 0, cpuQuota = 0, cpuShares = 0 } = resources;
  if (nanoCpus > 0 && cpuPeriod > 0) throw invalid('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nanoCpus > 0 && cpuQuota > 0) throw invalid('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (nanoCpus < 0 || nanoCpus > cpus.count * 1e9) {
    throw invalid(`range of CPUs is from 0.01 to ${cpus.count}.00, as there are only ${cpus.count} CPUs available`);
  }
  if (cpuShares < 0) throw invalid(`invalid CPU shares (${cpuShares}): value must be a positive integer`);
  if (cpuPeriod !== 0 && (cpuPeriod < 1000 || cpuPeriod > 1_000_000)) {
    throw invalid('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (cpuQuota > 0 && cpuQuota < 1000) throw invalid('CPU cfs quota can not be less than 1ms (i.e. 1000)');
}

function checkCpuset(noun: string, name: string, wanted: string, available: string): void {
  const have = parseCpuList(available) ?? new Set<number>();
  const want = parseCpuList(wanted);
  if (want === undefined) throw invalid(`Invalid value ${wanted} for cpuset ${name}`);
  if ([...want].some((number) => !have.has(number))) throw invalid(`Requested ${noun} are not available - requested ${wanted}, available: ${available}`);
}

/** `0-2,5` as numbers; undefined when it is not such a list. */
export function parseCpuList(list: string): Set<number> | undefined {
  const numbers = new Set<number>();
  if (list === '') return numbers;
  for (const part of list.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (match === null) return undefined;
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (to < from) return undefined;
    for (let number = from; number <= to; number++) numbers.add(number);
  }
  return numbers;
}

/** Fields of other platforms, and of hardware that has no driver here. */
function checkRefused(resources: Resources): void {
  if ((resources.ioMaximumBandwidth ?? 0) !== 0 || (resources.ioMaximumIOps ?? 0) !== 0) {
    throw invalid('Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps');
  }
  const request = resources.deviceRequests?.[0];
  if (request !== undefined) {
    const capabilities = (request.capabilities ?? []).map((all) => `[${all.join(' ')}]`).join(' ');
    throw invalid(`could not select device driver ${JSON.stringify(request.driver ?? '')} with capabilities: [${capabilities}]`);
  }
}

function warningsFor(resources: Resources, facts: HostFacts): string[] {
  const warnings: string[] = [];
  if ((resources.memory ?? 0) > 0 && resources.memorySwap !== -1 && !facts.swapAccounting) {
    warnings.push('Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.');
  }
  if (facts.cgroupVersion === 2 && (resources.memorySwappiness ?? -1) !== -1) {
    warnings.push('Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.');
  }
  if (resources.oomKillDisable === true) {
    if (facts.cgroupVersion === 2) warnings.push('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
    else if ((resources.memory ?? 0) === 0) warnings.push('OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.');
  }
  if ((resources.cpuPercent ?? 0) > 0) warnings.push('linux does not support CPU percent. Percent discarded.');
  return warnings;
}

function wrap(prefix: string, act: () => unknown): void {
  try {
    act();
  } catch (error) {
    throw new GantryError('invalid', `${prefix}: ${(error as Error).message}`, { cause: error });
  }
}

const invalid = (message: string): GantryError => new GantryError('invalid', message);
