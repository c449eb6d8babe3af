import type { ContainerSample, Moment } from '../../../engine/containers/verbs.ts';

type Cgroup = Moment['usage']['cgroup'];
type InterfaceCounters = Moment['usage']['interfaces'][string];

const never = '0001-01-01T00:00:00Z';
// TypeScript's library does not know it yet.
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): object };
/** "Without limit" of cgroup v2 on the wire, the largest unsigned 64-bit number: no JavaScript number holds it. */
const unlimitedPids = rawJSON('18446744073709551615');

/** A sample in the fields that Docker shows on a host of this cgroup version. What is not there reads as zeros, as Docker writes it. */
export function sampleJson({ id, name, moment, previous }: ContainerSample, version: 1 | 2): string {
  const cgroup = moment?.usage.cgroup;
  const interfaces = Object.entries(moment?.usage.interfaces ?? {});
  return JSON.stringify({
    name: `/${name}`,
    id,
    read: moment?.at ?? never,
    preread: previous?.at ?? never,
    pids_stats: cgroup === undefined ? {} : pids(cgroup, version),
    blkio_stats: blockIo(cgroup, version),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu(moment),
    precpu_stats: cpu(previous),
    memory_stats: moment === undefined ? {} : memory(moment, version),
    ...(interfaces.length > 0 && { networks: Object.fromEntries(interfaces.map(([each, counters]) => [each, network(counters)])) }),
  });
}

function pids({ pids: { current, limit } }: Cgroup, version: 1 | 2): object {
  if (limit !== undefined) return { current, limit };
  return version === 2 ? { current, limit: unlimitedPids } : { current };
}

function cpu(moment: Moment | undefined): object {
  const usage = moment?.usage.cgroup.cpu;
  return {
    cpu_usage: {
      total_usage: usage?.total ?? 0,
      ...(usage?.perProcessor !== undefined && { percpu_usage: usage.perProcessor }),
      usage_in_kernelmode: usage?.system ?? 0,
      usage_in_usermode: usage?.user ?? 0,
    },
    ...(moment !== undefined && { system_cpu_usage: moment.usage.host.cpuNanoseconds, online_cpus: moment.usage.host.onlineCpus }),
    throttling_data: { periods: usage?.periods ?? 0, throttled_periods: usage?.throttledPeriods ?? 0, throttled_time: usage?.throttledTime ?? 0 },
  };
}

/** A container without a limit of its own may use what the host has. */
function memory({ usage: { cgroup, host } }: Moment, version: 1 | 2): object {
  const { usage, limit = host.memoryBytes, maximum = 0, failures, details } = cgroup.memory;
  return version === 2 ? { usage, stats: details, limit } : { usage, max_usage: maximum, stats: details, ...(failures !== 0 && { failcnt: failures }), limit };
}

const kinds = ['io_service_bytes_recursive', 'io_serviced_recursive', 'io_queue_recursive', 'io_service_time_recursive', 'io_wait_time_recursive', 'io_merged_recursive', 'io_time_recursive', 'sectors_recursive'];

/** On version 1 every list is there, if empty; on version 2 only the bytes are counted, and no entry is null. */
function blockIo(cgroup: Cgroup | undefined, version: 1 | 2): object {
  const none = cgroup === undefined || version === 2 ? null : [];
  const lists: Record<string, unknown> = Object.fromEntries(kinds.map((kind) => [kind, none]));
  if (cgroup === undefined) return lists;
  const entries = (what: 'bytes' | 'operations'): object[] => cgroup.io.map((entry) => ({
    major: entry.major, minor: entry.minor, op: version === 2 ? entry.operation : entry.operation === 'read' ? 'Read' : 'Write', value: entry[what],
  }));
  const bytes = entries('bytes');
  lists['io_service_bytes_recursive'] = version === 2 && bytes.length === 0 ? null : bytes;
  if (version === 1) lists['io_serviced_recursive'] = entries('operations');
  return lists;
}

function network(counters: InterfaceCounters): object {
  return {
    rx_bytes: counters.receivedBytes, rx_packets: counters.receivedPackets, rx_errors: counters.receiveErrors, rx_dropped: counters.receiveDropped,
    tx_bytes: counters.sentBytes, tx_packets: counters.sentPackets, tx_errors: counters.sendErrors, tx_dropped: counters.sendDropped,
  };
}
