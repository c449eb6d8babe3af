import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { mountTable } from '../../../src/host/mount-info.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import { hookName } from '../../../src/network/loopback/loopback.ts';
import type { BridgeNetwork } from '../../../src/network/network.ts';
import { hooks } from '../../support/traces.ts';
import { repetitions } from '../../support/repetitions.ts';
import { nft } from '../../support/nft.ts';
import { Stage } from './stage.ts';

const instance = `k${process.pid}`;
const network: BridgeNetwork = {
  id: 'busy', bridge: bridgeName(instance, 'busy'), ipv4: { subnet: '10.9.0.0/24', gateway: '10.9.0.1' }, internal: false, masquerade: true, icc: true, mtu: 1500,
};
const rounds = repetitions(10);
const startsARound = 100;
const kernelMs = 30_000;

describe('a thousand starts, with a SIGKILL after every hundredth', () => {
  const stage = new Stage(instance, { brNetfilter: false });
  before(async () => await stage.backend.prepare({ networks: [network], endpoints: [], sandboxes: [] }));
  after(() => stage.strike());

  /** Runs the program until so many have ended, and a little further: the kill comes wherever it is by then. */
  async function work(ended: number, furtherMs: number): Promise<void> {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'starts-without-end.ts'), instance, stage.directory, JSON.stringify(network)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const enough = Promise.withResolvers<void>();
    let count = 0;
    lines.on('line', () => { if (++count === ended) enough.resolve(); });
    child.once('exit', (code) => enough.reject(new Error(`it ended by itself with ${code}`)));
    try {
      await enough.promise;
      await new Promise((resolve) => { setTimeout(resolve, furtherMs); });
    } finally {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  }

  it('leave nothing once the next daemon is there', async () => {
    for (let round = 0; round < rounds; round++) await work(startsARound, Math.random() * 20);
    const last = stage.newBackend();
    await last.prepare({ networks: [network], endpoints: [], sandboxes: [] });
    await last.close();
    const links = (): string[] => stage.links().filter((name) => name !== 'lan0' && name !== 'lo');
    // The kernel takes a namespace's links away some time after the namespace has gone.
    for (const due = performance.now() + kernelMs; links().length > 1 && performance.now() < due;) await new Promise((resolve) => { setTimeout(resolve, 20); });
    assert.deepEqual(links(), [network.bridge]);
    assert.deepEqual(readdirSync(join(stage.directory, 'netns')), []);
    assert.doesNotMatch(mountTable(), new RegExp(`${stage.directory}/netns`));
    assert.doesNotMatch(nft(`list map inet gantry-${instance} published4any`), /elements/);
    assert.equal(hooks().includes(`hook ${hookName(instance)}`), false);
  });
});
