import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readSysctl } from '../../../src/host/sysctl.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import type { BridgeNetwork, Endpoint, PublishedPort } from '../../../src/network/network.ts';
import { Stage, hostOnLan } from './stage.ts';

const available = readSysctl('net/bridge/bridge-nf-call-iptables') !== undefined;
const published = (hostPort: number): PublishedPort => ({ protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort });

describe('br_netfilter that another tool turns on and off', { skip: !available && 'this kernel has no br_netfilter' }, () => {
  const instance = `x${process.pid}`;
  const closed: BridgeNetwork = {
    id: 'closed', bridge: bridgeName(instance, 'closed'), ipv4: { subnet: '172.28.3.0/24', gateway: '172.28.3.1' }, internal: false, masquerade: true, icc: false, mtu: 1500,
  };
  const stage = new Stage(instance, { brNetfilter: false });
  const paths: string[] = [];
  const endpoints: Endpoint[] = [];

  before(async () => {
    await stage.backend.prepare({ networks: [closed], endpoints: [], sandboxes: [] });
    for (const number of [0, 1]) {
      const { sandbox, endpoint } = await stage.container(`x${number}`, closed, { ipv4: `172.28.3.${10 + number}/24`, ports: [published(9400 + number)] });
      paths.push(sandbox.path);
      endpoints.push(endpoint);
      await stage.serve(sandbox.path, 80, `x${number}`);
    }
  });
  after(() => stage.strike());

  for (const on of [true, false]) {
    it(`isolation and published ports hold when it is turned ${on ? 'on' : 'off'}`, async () => {
      stage.translateBridged(on);
      const watching = stage.newBackend(undefined, { repairMs: 20 });
      try {
        await watching.prepare({ networks: [closed], endpoints, sandboxes: ['x0', 'x1'] });
        stage.translateBridged(!on);
        await eventually(() => stage.askInVain(paths[0], hostOnLan.ipv4, 9401).startsWith('x1 saw ') && stage.askInVain(paths[0], '172.28.3.11', 80) !== 'x1 saw 172.28.3.10');
      } finally {
        await watching.close();
      }
    });
  }
});

/** The daemon looks at the setting now and then. */
async function eventually(holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline;) {
    if (holds()) return;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  assert.fail('it never came to hold');
}
