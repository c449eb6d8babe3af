import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { Box } from './box.ts';

interface Sample {
  name: string; id: string; read: string; preread: string;
  cpu_stats: { cpu_usage: { total_usage: number }; system_cpu_usage?: number; online_cpus?: number };
  precpu_stats: Sample['cpu_stats'];
  memory_stats: { usage?: number; limit?: number; stats?: Record<string, number> };
  pids_stats: { current?: number; limit?: number };
  networks?: Record<string, { tx_bytes: number; rx_bytes: number }>;
  blkio_stats: Record<string, unknown>;
}

describe('GET /containers/{id}/stats', () => {
  let box: Box;
  let id = '';
  before(async () => {
    box = await Box.open();
    id = await box.start({ Cmd: ['sh', '-c', 'while :; do :; done'], HostConfig: { Memory: 64 << 20, PidsLimit: 10 } }, 'busy');
  });
  after(() => box[Symbol.asyncDispose]());

  const sampleOf = async (query: string, container = id): Promise<Sample> => (await box.ok('GET', `/containers/${container}/stats?${query}`)).json as Sample;
  /** Lines of the stream, as long as somebody asks for more. */
  async function* stream(): AsyncGenerator<Sample> {
    const call = http.get({ socketPath: box.daemon.socketPath, path: `/containers/${id}/stats`, agent: false });
    const [response] = await once(call, 'response') as [http.IncomingMessage];
    try {
      for await (const line of createInterface(response)) yield JSON.parse(line) as Sample;
    } finally {
      call.destroy();
    }
  }

  test('a single sample carries the look a second before, so that shares can be told', async () => {
    const sample = await sampleOf('stream=0');
    assert.deepEqual([sample.name, sample.id], ['/busy', id]);
    const own = sample.cpu_stats.cpu_usage.total_usage - sample.precpu_stats.cpu_usage.total_usage;
    const whole = (sample.cpu_stats.system_cpu_usage ?? 0) - (sample.precpu_stats.system_cpu_usage ?? 0);
    // The kernel counts the host's time in ticks, and a guest whose processors are taken away loses some: the one is no bound of the other.
    assert.ok(own > 0 && whole > 0, `${own} of ${whole}`);
    assert.ok(Date.parse(sample.read) - Date.parse(sample.preread) >= 900);
    assert.equal(sample.memory_stats.limit, 64 << 20);
    assert.ok((sample.memory_stats.usage ?? 0) > 0 && Object.keys(sample.memory_stats.stats ?? {}).length > 10);
    assert.deepEqual(sample.pids_stats, { current: 1, limit: 10 });
    assert.deepEqual(Object.keys(sample.networks ?? {}), ['eth0']);
  });

  test('one-shot does not wait, and has no look before', async () => {
    const sample = await sampleOf('stream=0&one-shot=1');
    assert.equal(sample.preread, '0001-01-01T00:00:00Z');
    assert.equal(sample.precpu_stats.cpu_usage.total_usage, 0);
    const { status, text } = await box.daemon.request('GET', `/containers/${id}/stats?stream=1&one-shot=1`);
    assert.deepEqual([status, text.trim()], [400, '{"message":"cannot have stream=true and one-shot=true"}']);
  });

  test('two clients of a stream see the same looks, and the end of the container is the end of both', async () => {
    const [left, right] = [stream(), stream()];
    const take = async (from: AsyncGenerator<Sample>): Promise<Sample> => (await from.next()).value as Sample;
    let [a, other] = await Promise.all([take(left), take(right)]);
    // One of them may have come some looks later.
    while (a.read !== other.read) {
      if (Date.parse(a.read) < Date.parse(other.read)) a = await take(left);
      else other = await take(right);
    }
    const [b, next] = await Promise.all([take(left), take(right)]);
    assert.equal(b.read, next.read);
    assert.ok(b.cpu_stats.cpu_usage.total_usage > a.cpu_stats.cpu_usage.total_usage);
    assert.equal(b.preread, a.read);
    await box.ok('DELETE', `/containers/${id}?force=1`);
    for (const rest of [left, right]) await Array.fromAsync(rest);
  });

  test('a container that does not run uses nothing, and is told at once', async () => {
    const stopped = await box.create({ Cmd: ['true'] }, 'idle');
    const sample = await sampleOf('stream=0', stopped);
    assert.deepEqual([sample.name, sample.read, sample.memory_stats, sample.pids_stats, sample.networks], ['/idle', '0001-01-01T00:00:00Z', {}, {}, undefined]);
    assert.equal((await box.daemon.request('GET', '/containers/nobody/stats')).status, 404);
  });

  test('a container in the host\'s network shows none of the host\'s interfaces', async () => {
    const host = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'host' } });
    assert.equal((await sampleOf('stream=0&one-shot=1', host)).networks, undefined);
  });
});
