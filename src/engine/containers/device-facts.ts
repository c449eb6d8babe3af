import { existsSync } from 'node:fs';
import { GantryError } from '../../base/errors.ts';
import { hostDevices } from '../../host/devices.ts';
import type { HostConfig } from '../../oci/container.ts';
import type { HostFacts } from '../../runtime/spec/spec-input.ts';

/**
 * The facts with the device nodes of now: they come and go while the daemon runs. A mapped path may be a symbolic link, and need not be below /dev.
 * @throws invalid for a path that is no device and holds none
 */
export function withDevices(facts: HostFacts, { privileged = false, devices }: HostConfig): HostFacts {
  const asked = (devices ?? []).map(({ pathOnHost = '' }) => pathOnHost);
  if (!privileged && asked.length === 0) return facts;
  const found = hostDevices(asked);
  const none = asked.find((path) => existsSync(path) && !found.some((device) => device.path === path || device.path.startsWith(`${path.replace(/\/+$/, '')}/`)));
  if (none !== undefined && !privileged) throw new GantryError('invalid', `error gathering device information while adding custom device "${none}": not a device node`);
  return { ...facts, devices: found };
}
