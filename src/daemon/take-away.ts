import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { bridgeNetworkOf } from '../engine/networks/bridge-network.ts';
import type { NetworkRecord } from '../engine/networks/verbs.ts';
import { cgroupMounts, removeCgroup } from '../host/cgroups.ts';
import type { NetworkBackend } from '../network/network.ts';
import type { Runtime } from '../runtime/driver/runtime.ts';

export interface InstanceParts {
  networks: readonly NetworkRecord[];
  backend: NetworkBackend;
  runtime: Runtime;
  cgroupParent: string;
  instanceId: string;
  log: Log;
}

/** With no container running, a clean end leaves the kernel as it was before the first start: no bridge, no rules, no cgroup, no monitor. */
export async function takeAwayInstance({ networks, backend, runtime, cgroupParent, log }: InstanceParts): Promise<void> {
  const quietly = async (what: string, act: () => Promise<unknown> | unknown): Promise<void> => {
    try {
      await act();
    } catch (error) {
      log.warn(`${what} could not be taken away`, { error: messageOf(error) });
    }
  };
  for (const network of networks.map(bridgeNetworkOf)) {
    if (network !== undefined) await quietly(`the bridge ${network.bridge}`, () => backend.removeBridge(network));
  }
  await quietly('the firewall', () => backend.settle());
  await quietly('the cgroup', () => removeCgroup(cgroupMounts(), cgroupParent));
  void runtime;
}
