import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import type { BridgeNetwork, Endpoint } from '../../../src/network/network.ts';
import { Stage } from './stage.ts';

const instance = `p${process.pid}`;
const network: BridgeNetwork = {
  id: 'n', bridge: bridgeName(instance, 'n'), ipv4: { subnet: '172.30.0.0/24', gateway: '172.30.0.1' }, internal: false, masquerade: true, icc: true, mtu: 1500,
};
const burst = Array.from({ length: 12 }, (_, index) => index + 2);
const kernelMs = 30_000;

describe('the pool of namespaces', () => {
  const stage = new Stage(instance, { brNetfilter: false });
  const backend = stage.newBackend(silentLog, { poolSize: 2, poolKeptMs: 1000 });
  const inPool = (): number => readdirSync(join(stage.directory, 'netns')).filter((name) => name.startsWith('pool-')).length;
  const waitingLinks = (): number => stage.links().filter((name) => name.startsWith('gp')).length;
  const become = async (what: () => number, wanted: number): Promise<void> => {
    for (const due = performance.now() + kernelMs; what() !== wanted && performance.now() < due;) await new Promise((resolve) => { setTimeout(resolve, 10); });
    assert.equal(what(), wanted);
  };

  before(() => backend.prepare({ networks: [network], endpoints: [], sandboxes: [] }));
  after(async () => {
    await backend.close();
    await stage.strike();
  });

  it('is as large as a burst was, serves the whole of it, and is small again when nothing follows', async () => {
    await become(inPool, 3);
    const sandboxes = await Promise.all(burst.map((number) => backend.createSandbox(`c${number}`, { wired: true })));
    assert.ok(waitingLinks() >= burst.length, 'those that were made on demand have their links too');
    await become(inPool, burst.length + 1);
    await become(waitingLinks, 2 * burst.length);
    for (const [index, sandbox] of sandboxes.entries()) {
      const number = burst[index] as number;
      await backend.attach(sandbox, { id: `endpoint-c${number}`, network, interface: 'eth0', macAddress: `02:42:00:00:02:${number.toString(16).padStart(2, '0')}`, ipv4: `172.30.0.${number}/24`, defaultRoute: true, ports: [] } as Endpoint);
    }
    await become(inPool, 3);
    await become(waitingLinks, 2);
  });

  it('counts a burst that comes while it is filled', async () => {
    const [size, wanted] = [24, 32];
    const next = stage.newBackend(silentLog, { poolSize: size, poolKeptMs: 3_600_000 });
    try {
      await next.prepare({ networks: [network], endpoints: [], sandboxes: [] });
      while (inPool() < size / 4 + 2) await new Promise(setImmediate);
      await Promise.all(Array.from({ length: wanted }, (_, number) => next.createSandbox(`d${number}`, { wired: true })));
      await become(inPool, wanted + size / 4);
    } finally {
      await next.close();
    }
  });
});
