import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { cgroupMounts, removeCgroup } from '../host/cgroups.ts';
import type { NetworkBackend } from '../network/network.ts';
import type { Runtime } from '../runtime/driver/runtime.ts';

export interface InstanceParts {
  backend: NetworkBackend;
  runtime: Runtime;
  cgroupParent: string;
  instanceId: string;
  log: Log;
}

/** With no container running, a clean end leaves the kernel as it was before the first start: no bridge, no rules, no cgroup, no monitor. */
export async function takeAwayInstance({ backend, runtime, cgroupParent, log }: InstanceParts): Promise<void> {
  const quietly = async (what: string, act: () => Promise<unknown> | unknown): Promise<void> => {
    try {
      await act();
    } catch (error) {
      log.warn(`${what} could not be taken away`, { error: messageOf(error) });
    }
  };
  await quietly('the networks', () => backend.dismantle());
  await quietly('the cgroup', () => removeCgroup(cgroupMounts(), cgroupParent));
  void runtime;
}
