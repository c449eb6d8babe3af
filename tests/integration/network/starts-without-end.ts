import { silentLog } from '../../../src/base/log.ts';
import { createNetworkBackend } from '../../../src/network/create-network-backend.ts';
import type { BridgeNetwork, Endpoint } from '../../../src/network/network.ts';

/** What a daemon does for the network of containers that start and end, eight at a time, until it is killed; a line for each that has ended. */
const [instanceId = '', runDirectory = '', networkJson = ''] = process.argv.slice(2);
const network = JSON.parse(networkJson) as BridgeNetwork;
const backend = createNetworkBackend({ instanceId, runDirectory, log: silentLog, poolSize: 4, repairMs: 3_600_000 });
await backend.prepare({ networks: [network], endpoints: [], sandboxes: [] });

async function containers(lane: number): Promise<never> {
  for (let turn = 0; ; turn++) {
    const id = `${process.pid}-${lane}-${turn}`;
    const endpoint: Endpoint = {
      id, network, interface: 'eth0', macAddress: `02:42:0a:00:00:${(lane + 16).toString(16)}`, ipv4: `10.9.0.${10 + lane}/24`, defaultRoute: true,
      ports: ['0.0.0.0', '::1'].map((hostIp) => ({ protocol: 'tcp', containerPort: 80, hostIp, hostPort: 20_000 + lane })),
    };
    const sandbox = await backend.createSandbox(id, { wired: lane % 4 !== 0 });
    await backend.attach(sandbox, endpoint);
    // One in four leaves its network while it runs; the namespace takes the links of the others with it.
    await backend.detach(lane % 4 === 1 ? sandbox : undefined, endpoint);
    await backend.removeSandbox(id);
    process.stdout.write('ended\n');
  }
}
await Promise.all(Array.from({ length: 8 }, (_, lane) => containers(lane)));
