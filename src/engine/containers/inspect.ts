import { withDefaultUlimits } from './defaults.ts';
import type { ContainerDeps } from './deps.ts';
import { sizeOf } from './list.ts';
import { isAlive } from './transition.ts';
import type { ContainerDetails } from './verbs.ts';

export async function inspect(deps: ContainerDeps, container: string, options: { size: boolean }): Promise<ContainerDetails> {
  const record = deps.catalog.find(container);
  return {
    // As Docker shows them: the limits that a start would give it now.
    record: { ...record, hostConfig: { ...record.hostConfig, ulimits: withDefaultUlimits(record.hostConfig.ulimits, deps.settings.defaults.ulimits) } },
    execIds: deps.execs.idsOf(record.id),
    sandboxPath: isAlive(record.state) ? deps.networks.sandboxPath(record.id) : undefined,
    links: deps.networks.links(record),
    health: deps.health.statusOf(record.id),
    ...(options.size ? { size: await sizeOf(deps, record) } : {}),
  };
}
