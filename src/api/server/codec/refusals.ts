import { GantryError } from '../../../base/errors.ts';
import type { HostConfig } from '../../../oci/container.ts';

/** @throws invalid for the fields of a HostConfig that only Windows, a swarm or an old kernel could honour, when they say something. */
export function refuseForeignFields(host: HostConfig): void {
  const windowsOnly = (['cpuCount', 'cpuPercent', 'ioMaximumIOps', 'ioMaximumBandwidth'] as const).find((key) => (host[key] ?? 0) !== 0);
  if (windowsOnly !== undefined) throw invalid(`${wireNames[windowsOnly]} is for Windows containers and cannot be honoured on Linux`);
  if (host.securityOpt?.some((option) => /^credentialspec[=:]/.test(option))) throw invalid('the security option credentialspec is for Windows containers and cannot be honoured on Linux');
  for (const { type } of host.mounts ?? []) {
    if (type === 'cluster') throw invalid(`mount type ${JSON.stringify(type)} is not supported: use bind, volume, tmpfs or image`);
  }
}

/** @throws invalid when the raw body carries a limit that has no field in the domain any more. */
export function refuseRemovedLimits(hostConfig: unknown): void {
  if (typeof hostConfig !== 'object' || hostConfig === null) return;
  for (const [key, value] of Object.entries(hostConfig)) {
    if (/^kernelmemory(tcp)?$/i.test(key) && value !== 0 && value !== null) throw invalid(`${key} cannot be honoured: the kernel no longer limits kernel memory`);
  }
}

const wireNames = { cpuCount: 'CpuCount', cpuPercent: 'CpuPercent', ioMaximumIOps: 'IOMaximumIOps', ioMaximumBandwidth: 'IOMaximumBandwidth' };

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
