import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Moment } from '../../../engine/containers/verbs.ts';
import { sampleJson } from './stats-json.ts';

function momentAt(at: string, cpuTotal: number, perProcessor?: number[]): Moment {
  return {
    at,
    usage: {
      cgroup: {
        cpu: { total: cpuTotal, user: 30, system: 20, periods: 3, throttledPeriods: 2, throttledTime: 1, perProcessor },
        memory: { usage: 4096, limit: undefined, maximum: 8192, failures: 0, details: { cache: 1 } },
        pids: { current: 2, limit: undefined },
        io: [{ major: 8, minor: 0, operation: 'read', bytes: 10, operations: 1 }],
      },
      interfaces: { eth0: { receivedBytes: 1, receivedPackets: 2, receiveErrors: 3, receiveDropped: 4, sentBytes: 5, sentPackets: 6, sendErrors: 7, sendDropped: 8 } },
      host: { cpuNanoseconds: 1000, onlineCpus: 2, memoryBytes: 1 << 30 },
    },
  };
}

const of = (moment: Moment | undefined, previous: Moment | undefined, version: 1 | 2): string => sampleJson({ id: 'abc', name: 'web', moment, previous }, version);

test('sampleJson() on version 1: the processors one by one, the maximum and failures, both kinds of block entries with capital letters', () => {
  const json = JSON.parse(of(momentAt('2026-01-01T00:00:01Z', 100, [60, 40]), momentAt('2026-01-01T00:00:00Z', 50, [30, 20]), 1));
  assert.deepEqual([json.name, json.id, json.read, json.preread], ['/web', 'abc', '2026-01-01T00:00:01Z', '2026-01-01T00:00:00Z']);
  assert.deepEqual(json.cpu_stats, {
    cpu_usage: { total_usage: 100, percpu_usage: [60, 40], usage_in_kernelmode: 20, usage_in_usermode: 30 },
    system_cpu_usage: 1000, online_cpus: 2, throttling_data: { periods: 3, throttled_periods: 2, throttled_time: 1 },
  });
  assert.equal(json.precpu_stats.cpu_usage.total_usage, 50);
  assert.deepEqual(json.memory_stats, { usage: 4096, max_usage: 8192, stats: { cache: 1 }, limit: 1 << 30 });
  assert.deepEqual(json.pids_stats, { current: 2 });
  assert.deepEqual(json.blkio_stats.io_service_bytes_recursive, [{ major: 8, minor: 0, op: 'Read', value: 10 }]);
  assert.deepEqual(json.blkio_stats.io_serviced_recursive, [{ major: 8, minor: 0, op: 'Read', value: 1 }]);
  assert.deepEqual(json.blkio_stats.sectors_recursive, []);
  assert.deepEqual(json.networks, { eth0: { rx_bytes: 1, rx_packets: 2, rx_errors: 3, rx_dropped: 4, tx_bytes: 5, tx_packets: 6, tx_errors: 7, tx_dropped: 8 } });
});

test('sampleJson() on version 2: no processors, bytes alone, and pids without limit as the largest number', () => {
  const text = of(momentAt('2026-01-01T00:00:01Z', 100), undefined, 2);
  assert.match(text, /"pids_stats":\{"current":2,"limit":18446744073709551615\}/);
  const json = JSON.parse(text);
  assert.equal('percpu_usage' in json.cpu_stats.cpu_usage, false);
  assert.deepEqual(json.memory_stats, { usage: 4096, stats: { cache: 1 }, limit: 1 << 30 });
  assert.deepEqual(json.blkio_stats.io_service_bytes_recursive, [{ major: 8, minor: 0, op: 'read', value: 10 }]);
  assert.equal(json.blkio_stats.io_serviced_recursive, null);
  assert.equal(json.preread, '0001-01-01T00:00:00Z');
});

test('sampleJson() of a stopped container is zeros, with its name', () => {
  const json = JSON.parse(of(undefined, undefined, 1));
  assert.deepEqual([json.name, json.read], ['/web', '0001-01-01T00:00:00Z']);
  assert.deepEqual([json.pids_stats, json.memory_stats, json.networks], [{}, {}, undefined]);
  assert.equal(json.blkio_stats.io_service_bytes_recursive, null);
  assert.deepEqual(json.cpu_stats, { cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 }, throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 } });
});
