import type { ContainerDetails } from '../../../engine/containers/verbs.ts';
import type { HostConfig } from '../../../oci/container.ts';
import { defaultMaskedPaths, defaultReadonlyPaths } from '../../../oci/guarded-paths.ts';
import { encodeStruct } from '../codec/encode.ts';
import { hostConfigStruct } from '../codec/host-config.ts';
import type { EngineFacts } from '../services.ts';

/** HostConfig as inspect shows it: what was asked, and Docker's defaults where nothing was said. */
export function hostConfigJson({ record: { hostConfig: host }, links = [] }: Pick<ContainerDetails, 'record' | 'links'>, facts: EngineFacts): object {
  return encodeStruct(hostConfigStruct, { ...host, links: links.length === 0 ? null : links, ...namedDefaults(host, facts), ...pathDefaults(host, facts) });
}

function namedDefaults(host: HostConfig, facts: EngineFacts): HostConfig {
  const { memory = 0, memorySwap = 0 } = host;
  return {
    logConfig: { type: host.logConfig?.type || 'json-file', config: host.logConfig?.config ?? {} },
    networkMode: host.networkMode === undefined || host.networkMode === '' || host.networkMode === 'default' ? 'bridge' : host.networkMode,
    restartPolicy: { name: host.restartPolicy?.name || 'no', maximumRetryCount: host.restartPolicy?.maximumRetryCount ?? 0 },
    ipcMode: host.ipcMode || 'private',
    cgroupnsMode: host.cgroupnsMode || facts.defaultCgroupnsMode,
    runtime: host.runtime || facts.defaultRuntime,
    shmSize: host.shmSize || 67_108_864,
    memorySwap: memory > 0 && memorySwap === 0 ? memory * 2 : memorySwap,
    ...(facts.cgroupVersion === 1 && { oomKillDisable: host.oomKillDisable ?? false }),
  };
}

/** A privileged container sees everything; an empty list is a wish, not an absence. */
function pathDefaults(host: HostConfig, facts: EngineFacts): HostConfig {
  if (host.privileged === true) return { maskedPaths: host.maskedPaths ?? null, readonlyPaths: host.readonlyPaths ?? null };
  return { maskedPaths: host.maskedPaths ?? defaultMaskedPaths(facts.throttlePaths), readonlyPaths: host.readonlyPaths ?? [...defaultReadonlyPaths] };
}
