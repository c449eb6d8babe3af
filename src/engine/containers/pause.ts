import type { ContainerDeps } from './deps.ts';
import { publishEvent } from './publish-event.ts';
import type { ContainerRecord } from './record.ts';
import { cgroupPathOf } from './cgroup-path.ts';
import { isAlive, transition } from './transition.ts';

/** Freezes all processes of the container. */
export async function pause(deps: ContainerDeps, container: string): Promise<void> {
  await move(deps, container, 'pause');
}

export async function unpause(deps: ContainerDeps, container: string): Promise<void> {
  await move(deps, container, 'unpause');
}

async function move(deps: ContainerDeps, container: string, event: 'pause' | 'unpause'): Promise<void> {
  const { id } = deps.catalog.find(container);
  await deps.locks.run(id, async () => {
    const record = deps.catalog.current(id);
    const status = transition(record, event) as 'running' | 'paused';
    if (!isAlive(record.state)) return;
    const path = cgroupPathOf(deps, record);
    await (event === 'pause' ? deps.cgroups.freeze(path) : deps.cgroups.thaw(path));
    const moved: ContainerRecord = { ...record, state: { ...record.state, status } };
    deps.catalog.save(moved, { durable: false });
    publishEvent(deps.events, moved, event);
  });
}
