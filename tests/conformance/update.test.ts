import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

const MB = 1 << 20;

describe('update', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  for (const running of [false, true]) {
    const made = (hostConfig: object = {}) => (running ? engine.run({ HostConfig: hostConfig }) : engine.create({ HostConfig: hostConfig }));
    const state = running ? 'running' : 'stopped';

    test(`changes the limits and the policy of a ${state} container, and leaves the rest`, async () => {
      const id = await made({ CpuShares: 100, ShmSize: 2 * MB });
      const { json } = await engine.expect('POST', `/containers/${id}/update`, {
        body: { Memory: 64 * MB, MemorySwap: -1, CpuShares: 512, CpuQuota: 50_000, PidsLimit: 50, MemoryReservation: 32 * MB, RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } }, status: 200,
      });
      assert.equal(json.Warnings, null);
      const { HostConfig } = await engine.inspect(id);
      assert.deepEqual(
        [HostConfig.Memory, HostConfig.MemorySwap, HostConfig.CpuShares, HostConfig.CpuQuota, HostConfig.PidsLimit, HostConfig.MemoryReservation, HostConfig.ShmSize],
        [64 * MB, -1, 512, 50_000, 50, 32 * MB, 2 * MB],
      );
      assert.deepEqual(HostConfig.RestartPolicy, { Name: 'on-failure', MaximumRetryCount: 3 });
      await engine.expect('POST', `/containers/${id}/update`, { body: { RestartPolicy: { Name: 'no' } }, status: 200 });
    });

    test(`says nothing with nothing, on a ${state} container`, async () => {
      const id = await made({ CpuShares: 100 });
      assert.deepEqual((await engine.expect('POST', `/containers/${id}/update`, { body: { Memory: 0, CpuShares: 0, RestartPolicy: {} }, status: 200 })).json, { Warnings: null });
      assert.equal((await engine.inspect(id)).HostConfig.CpuShares, 100);
    });

    for (const [body, status, message] of [
      [{ Memory: 1 }, [400], 'Minimum memory limit allowed is 6MB'],
      [{ Memory: 64 * MB, MemorySwap: 32 * MB }, [400], 'Minimum memoryswap limit should be larger than memory limit, see usage'],
      [{ Memory: 64 * MB }, [409], 'Cannot update container ID: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time'],
      [{ NanoCpus: 1e9, CpuPeriod: 100_000 }, [400], 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
      [{ CpusetCpus: '0-8191' }, [400], /^Requested CPUs are not available - requested 0-8191/],
      [{ RestartPolicy: { Name: 'bad' } }, [400], /invalid restart policy/],
      [{ MemoryReservation: 1 }, [400], 'Minimum memory reservation allowed is 6MB'],
      [{ Memory: '64m' }, [400, 500], /cannot unmarshal string into Go struct field UpdateConfig.Memory of type int64/],
    ] as const) {
      test(`refuses ${JSON.stringify(body)} for a ${state} container`, async () => {
        const id = await made();
        const expected = typeof message === 'string' ? message.replace('ID', id) : message;
        await engine.expect('POST', `/containers/${id}/update`, { body, status, message: expected });
      });
    }

    test(`refuses processors by number where they are limited by time, and the other way, for a ${state} container`, async () => {
      const timed = await made({ CpuQuota: 50_000 });
      await engine.expect('POST', `/containers/${timed}/update`, { body: { NanoCpus: 1e9 }, status: 409, message: /Nano CPUs cannot be updated as CPU Quota has already been set$/ });
      const counted = await made({ NanoCpus: 1e9 });
      await engine.expect('POST', `/containers/${counted}/update`, { body: { CpuPeriod: 100_000 }, status: 409, message: /CPU Period cannot be updated as NanoCPUs has already been set$/ });
    });
  }

  test('a limit on processes goes away with 0 or less', async () => {
    const id = await engine.run({ HostConfig: { PidsLimit: 50 } });
    await engine.expect('POST', `/containers/${id}/update`, { body: { PidsLimit: -1 }, status: 200 });
    assert.equal((await engine.inspect(id)).HostConfig.PidsLimit, 0);
  });

  test('memory that is reserved may be more than the limit that was there before', async () => {
    const id = await engine.run({ HostConfig: { Memory: 64 * MB } });
    await engine.expect('POST', `/containers/${id}/update`, { body: { MemoryReservation: 100 * MB }, status: 200 });
    assert.equal((await engine.inspect(id)).HostConfig.MemoryReservation, 100 * MB);
  });

  test('CPU shares that groups cannot keep are refused while it runs', async (context) => {
    if ((await engine.expect('GET', '/info', { status: 200 })).json.CgroupVersion === '2') return void context.skip('control groups v2 have weights');
    const id = await engine.run();
    for (const [CpuShares, message] of [[1, /the minimum allowed cpu-shares is 2/], [262_145, /the maximum allowed cpu-shares is 262144/]] as const) {
      await engine.expect('POST', `/containers/${id}/update`, { body: { CpuShares }, status: 500, message });
    }
    assert.equal((await engine.inspect(id)).HostConfig.CpuShares, 0);
  });

  test('a weight on block devices that the kernel does not have is left out with a warning, also while it runs', async (context) => {
    const id = await engine.run();
    const { json } = await engine.expect('POST', `/containers/${id}/update`, { body: { BlkioWeight: 300 }, status: 200 });
    if (json.Warnings === null) return void context.skip('this kernel has weights');
    assert.deepEqual(json.Warnings, ['Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.']);
    assert.equal((await engine.inspect(id)).HostConfig.BlkioWeight, 0);
  });

  test('a container that is removed when it ends keeps no other policy', async () => {
    const id = await engine.create({ HostConfig: { AutoRemove: true } });
    await engine.expect('POST', `/containers/${id}/update`, { body: { RestartPolicy: { Name: 'always' } }, status: 409, message: /Restart policy cannot be updated because AutoRemove is enabled for the container$/ });
  });

  // 20.10 takes what cannot change without a word; here it is refused, unless it is what the container has.
  test('what a container keeps for life is refused by name, what it has is not', async (context) => {
    if (!engine.ours) return void context.skip('20.10 passes over it');
    const id = await engine.create({ HostConfig: { Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }], OomKillDisable: false } });
    const { HostConfig } = await engine.inspect(id);
    await engine.expect('POST', `/containers/${id}/update`, { body: HostConfig, status: 200 });
    await engine.expect('POST', `/containers/${id}/update`, { body: { Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 1 }] }, status: 400, message: `Cannot update container ${id}: Ulimits is set for life when a container is created` });
  });
});
