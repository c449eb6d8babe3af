import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { cgroupMounts, removeCgroup } from '../host/cgroups.ts';
import type { NetworkBackend } from '../network/network.ts';

export interface InstanceParts {
  backend: Pick<NetworkBackend, 'dismantle'>;
  cgroup: string;
  log: Log;
}

/** With no container running, a clean end leaves the kernel as it was before the first start. The monitor ends by itself when it has nothing to hold. */
export async function takeAwayInstance({ backend, cgroup, log }: InstanceParts): Promise<void> {
  const parts: [string, () => unknown][] = [
    ['the networks', () => backend.dismantle()],
    ['the control groups', () => removeCgroup(cgroupMounts(), cgroup)],
  ];
  for (const [name, takeAway] of parts) {
    try {
      await takeAway();
    } catch (error) {
      log.warn(`${name} could not be taken out of the kernel`, { error: messageOf(error) });
    }
  }
}
