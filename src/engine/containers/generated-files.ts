import { join } from 'node:path';
import type { ResolvedMount } from '../../runtime/spec/spec-input.ts';
import type { ContainerRecord } from './record.ts';

const names = ['resolv.conf', 'hostname', 'hosts'] as const;

/**
 * Where /etc/hosts and the like of a container are, on the host: beside its layer, or where those of the container are whose network it has. They come with
 * its first start and stay when it ends: `inspect` names them, and `cp` finds them.
 */
export function generatedFilesDirectory(containersDirectory: string, { id, hostConfig }: Pick<ContainerRecord, 'id' | 'hostConfig'>): string {
  return join(containersDirectory, /^container:(.+)$/.exec(hostConfig.networkMode ?? '')?.[1] ?? id);
}

/** How they come into the container. */
export function generatedMounts(directory: string, { hostConfig }: Pick<ContainerRecord, 'hostConfig'>): ResolvedMount[] {
  const readOnly = hostConfig.readonlyRootfs ?? false;
  return names.map((name) => ({
    target: `/etc/${name}`, type: 'bind', source: join(directory, name), readOnly, propagation: 'rprivate', recursive: true, recursiveReadOnly: false, options: [],
  }));
}
