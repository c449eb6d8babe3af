import { GantryError } from '../../base/errors.ts';
import type { BlockIoLimit } from '../../host/block-io-limits.ts';
import type { Resources } from '../../oci/container.ts';

/** What the host can limit: facts the checks depend on. */
export interface LimitFacts {
  controllers: readonly string[];
  cgroupVersion: 1 | 2;
  swapAccounting: boolean;
  cpuCount: number;
  /** As the kernel lists them: `0` or `0-1`. */
  memoryNodes: string;
  /** Asked only when a limit on block devices is. */
  hasBlockIoLimit: (limit: BlockIoLimit) => boolean;
}

const least = 6 * 1024 * 1024;
const invalid = (message: string): GantryError => new GantryError('invalid', message);

/**
 * Checks limits as Docker does. Returns the limits that will be used, without what this kernel cannot do, and a warning for each thing
 * left out. @throws invalid with Docker's sentences.
 */
export function checkResources<T extends Resources>(asked: T, facts: LimitFacts, options: { update: boolean }): { resources: T; warnings: string[] } {
  const resources = { ...asked };
  if (resources.memorySwappiness === -1) resources.memorySwappiness = undefined;
  const warnings = discardUnsupported(resources, facts);
  checkMemory(resources, options.update);
  checkCpu(resources, facts);
  checkBlockIo(resources);
  if (resources.oomKillDisable && !resources.memory) {
    warnings.push('OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.');
  }
  return { resources, warnings };
}

/** `drop` is called when something is asked for that is not supported. */
type Rule = [supported: boolean, sentence: string, used: boolean, drop: () => void];

const blockIoLimits = [
  ['blkioWeightDevice', 'blkio.weight_device', 'Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.'],
  ['blkioDeviceReadBps', 'blkio.throttle.read_bps_device', 'BPS Block I/O read limit or the cgroup is not mounted. Block I/O BPS read limit discarded.'],
  ['blkioDeviceWriteBps', 'blkio.throttle.write_bps_device', 'BPS Block I/O write limit or the cgroup is not mounted. Block I/O BPS write limit discarded.'],
  ['blkioDeviceReadIOps', 'blkio.throttle.read_iops_device', 'IOPS Block read limit or the cgroup is not mounted. Block I/O IOPS read limit discarded.'],
  ['blkioDeviceWriteIOps', 'blkio.throttle.write_iops_device', 'IOPS Block write limit or the cgroup is not mounted. Block I/O IOPS write limit discarded.'],
] as const;

function blockIoRules(resources: Resources, facts: LimitFacts): Rule[] {
  const weighted = (resources.blkioWeight ?? 0) > 0;
  return [
    [!weighted || facts.hasBlockIoLimit('blkio.weight'), 'Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.', weighted,
      () => { resources.blkioWeight = 0; }],
    ...blockIoLimits.map(([key, file, sentence]): Rule => {
      const used = (resources[key] ?? []).length > 0;
      return [!used || facts.hasBlockIoLimit(file), `Your kernel does not support ${sentence}`, used, () => { resources[key] = []; }];
    }),
  ];
}

function discardUnsupported(resources: Resources, facts: LimitFacts): string[] {
  const has = (controller: string): boolean => facts.controllers.includes(controller);
  const rules: Rule[] = [
    [has('memory'), 'Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.', (resources.memory ?? 0) > 0,
      () => { resources.memory = 0; resources.memorySwap = -1; }],
    [facts.swapAccounting, 'Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.',
      (resources.memory ?? 0) > 0 && resources.memorySwap !== -1, () => { resources.memorySwap = -1; }],
    [has('memory') && facts.cgroupVersion === 1, 'Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.',
      isSaid(resources.memorySwappiness), () => { resources.memorySwappiness = undefined; }],
    [has('memory'), 'Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.',
      (resources.memoryReservation ?? 0) > 0, () => { resources.memoryReservation = 0; }],
    [has('memory') && facts.cgroupVersion === 1, 'Your kernel does not support OomKillDisable. OomKillDisable discarded.', resources.oomKillDisable === true,
      () => { resources.oomKillDisable = undefined; }],
    [has('pids'), 'Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.', (resources.pidsLimit ?? 0) > 0,
      () => { resources.pidsLimit = undefined; }],
    [has('cpu'), 'Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.', (resources.cpuShares ?? 0) > 0,
      () => { resources.cpuShares = 0; }],
    [has('cpu'), 'Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.', Boolean(resources.cpuPeriod || resources.cpuQuota),
      () => { resources.cpuPeriod = 0; resources.cpuQuota = 0; }],
    [has('cpuset'), 'Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.', Boolean(resources.cpusetCpus || resources.cpusetMems),
      () => { resources.cpusetCpus = ''; resources.cpusetMems = ''; }],
    ...blockIoRules(resources, facts),
  ];
  const warnings: string[] = [];
  for (const [supported, sentence, used, drop] of rules) {
    if (supported || !used) continue;
    warnings.push(sentence);
    drop();
  }
  return warnings;
}

function isSaid(value: number | null | undefined): value is number {
  return value !== undefined && value !== null;
}

function checkMemory(resources: Resources, update: boolean): void {
  const { memory = 0, memorySwap = 0, memoryReservation = 0, memorySwappiness } = resources;
  if (memory !== 0 && memory < least) throw invalid('Minimum memory limit allowed is 6MB');
  if (memory > 0 && memorySwap > 0 && memorySwap < memory) throw invalid('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (memory === 0 && memorySwap > 0 && !update) throw invalid('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (isSaid(memorySwappiness) && (memorySwappiness < 0 || memorySwappiness > 100)) {
    throw invalid(`Invalid value: ${memorySwappiness}, valid memory swappiness range is 0-100`);
  }
  if (memoryReservation > 0 && memoryReservation < least) throw invalid('Minimum memory reservation allowed is 6MB');
  if (memory > 0 && memoryReservation > 0 && memory < memoryReservation) {
    throw invalid('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
}

function checkCpu(resources: Resources, facts: LimitFacts): void {
  const { nanoCpus = 0, cpuPeriod = 0, cpuQuota = 0, cpuShares = 0, cpuRealtimePeriod = 0, cpuRealtimeRuntime = 0 } = resources;
  if (nanoCpus > 0 && cpuPeriod > 0) throw invalid('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nanoCpus > 0 && cpuQuota > 0) throw invalid('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (nanoCpus > 0 && !facts.controllers.includes('cpu')) {
    throw invalid('NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted');
  }
  if (nanoCpus < 0 || nanoCpus > facts.cpuCount * 1e9) {
    throw invalid(`range of CPUs is from 0.01 to ${facts.cpuCount}.00, as there are only ${facts.cpuCount} CPUs available`);
  }
  if (cpuShares < 0) throw invalid(`invalid CPU shares (${cpuShares}): value must be a positive integer`);
  if (cpuPeriod !== 0 && (cpuPeriod < 1000 || cpuPeriod > 1_000_000)) {
    throw invalid('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (cpuRealtimePeriod !== 0 && cpuRealtimeRuntime > cpuRealtimePeriod) throw invalid('cpu real-time runtime cannot be higher than cpu real-time period');
  if (cpuQuota > 0 && cpuQuota < 1000) throw invalid('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  const online = `0-${facts.cpuCount - 1}`;
  if (lastOf(resources.cpusetCpus ?? '', 'cpus') >= facts.cpuCount) {
    throw invalid(`Requested CPUs are not available - requested ${resources.cpusetCpus}, available: ${online}`);
  }
  if (lastOf(resources.cpusetMems ?? '', 'mems') > lastOf(facts.memoryNodes, 'mems')) {
    throw invalid(`Requested memory nodes are not available - requested ${resources.cpusetMems}, available: ${facts.memoryNodes}`);
  }
}

/** More processors, or memory nodes, than any machine has. */
const mostInSet = 8192;

function lastOf(text: string, what: 'cpus' | 'mems'): number {
  const set = parseCpuSet(text);
  if (set === undefined) throw invalid(`Invalid value ${text} for cpuset ${what}: invalid format: ${text}`);
  if (set.last > mostInSet) throw invalid(`Invalid value ${text} for cpuset ${what}: value of out range, maximum is ${mostInSet}`);
  return set.last;
}

/** The highest number in a list such as `0-2,4`; -1 for none; undefined when it is not such a list. Costs nothing for huge ranges. */
export function parseCpuSet(text: string): { last: number } | undefined {
  let last = -1;
  for (const part of text === '' ? [] : text.split(',')) {
    const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part);
    if (match === null) return undefined;
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (to < from) return undefined;
    last = Math.max(last, to);
  }
  return { last };
}

function checkBlockIo(resources: Resources): void {
  const { blkioWeight = 0 } = resources;
  if (blkioWeight > 0 && (blkioWeight < 10 || blkioWeight > 1000)) throw invalid('Range of blkio weight is from 10 to 1000');
  if (resources.ioMaximumBandwidth || resources.ioMaximumIOps) {
    throw invalid('Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps');
  }
  if (resources.cpuCount || resources.cpuPercent) throw invalid('linux does not support CPU count or CPU percent');
}
