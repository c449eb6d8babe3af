import { join } from 'node:path';
import { sharedContainer } from '../../oci/namespace-mode.ts';
import type { ResolvedMount } from '../../runtime/spec/spec-input.ts';
import type { ContainerRecord } from './record.ts';

const names = ['resolv.conf', 'hostname', 'hosts'] as const;

/** Whose /etc/hosts and the like a container has: its own, or those of the container whose network it has. */
export function generatedFilesOwner({ id, hostConfig }: Pick<ContainerRecord, 'id' | 'hostConfig'>): string {
  return sharedContainer(hostConfig.networkMode) ?? id;
}

/**
 * Where they are, on the host: beside the owner's layer. They come with its first start and stay when it ends: `inspect` names them, and
 * `cp` finds them.
 */
export function generatedFilesDirectory(containersDirectory: string, record: Pick<ContainerRecord, 'id' | 'hostConfig'>): string {
  return join(containersDirectory, generatedFilesOwner(record));
}

/** How they come into the container. */
export function generatedMounts(directory: string, { hostConfig }: Pick<ContainerRecord, 'hostConfig'>): ResolvedMount[] {
  const readOnly = hostConfig.readonlyRootfs ?? false;
  return names.map((name) => ({
    target: `/etc/${name}`, type: 'bind', source: join(directory, name), readOnly, propagation: 'rprivate', recursive: true, recursiveReadOnly: false, options: [],
  }));
}
