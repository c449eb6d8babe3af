import { withDefaultUlimits } from './defaults.ts';
import type { ContainerDeps } from './deps.ts';
import { sizeOf } from './list.ts';
import type { ContainerRecord } from './record.ts';
import { isAlive } from './transition.ts';
import type { ContainerDetails } from './verbs.ts';

export async function inspect(deps: ContainerDeps, container: string, options: { size: boolean }): Promise<ContainerDetails> {
  const record = deps.catalog.find(container);
  return {
    // As Docker shows them: the limits that a start would give it now.
    record: { ...record, hostConfig: { ...record.hostConfig, ulimits: withDefaultUlimits(record.hostConfig.ulimits, deps.settings.defaults.ulimits) } },
    execIds: deps.execs.idsOf(record.id),
    sandboxPath: isAlive(record.state) ? sandboxPathOf(deps, record) : undefined,
    links: deps.networks.links(record),
    health: deps.health.statusOf(record.id),
    ...(options.size ? { size: await sizeOf(deps, record) } : {}),
  };
}

/** Of its own namespace, or of the host's, as this process has it; whose it shares with another container has none. */
function sandboxPathOf(deps: ContainerDeps, { id, hostConfig: { networkMode = '' } }: ContainerRecord): string | undefined {
  if (networkMode.startsWith('container:')) return undefined;
  return networkMode === 'host' ? `/proc/${process.pid}/ns/net` : deps.networks.sandboxPath(id);
}
