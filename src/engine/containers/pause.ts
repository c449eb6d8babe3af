import { GantryError, hasKind } from '../../base/errors.ts';
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
    await (event === 'pause' ? freeze(deps, record.id, path) : deps.cgroups.thaw(path));
    const moved: ContainerRecord = { ...record, state: { ...record.state, status } };
    deps.catalog.save(moved, { durable: false });
    if (event === 'pause') deps.health.end(id);
    else deps.health.resume(id);
    publishEvent(deps.events, moved, event);
  });
}

/** Under the container's lock: a frozen container that is to act on a signal runs again, and is told to. */
export async function wake(deps: ContainerDeps, id: string): Promise<void> {
  const record = deps.catalog.get(id);
  if (record?.state.status !== 'paused') return;
  await thaw(deps, record);
  const running: ContainerRecord = { ...record, state: { ...record.state, status: 'running' } };
  deps.catalog.save(running, { durable: false });
  deps.health.resume(id);
  publishEvent(deps.events, running, 'unpause');
}

/** Whatever of it still lives runs on; nothing when its end is on its way. */
export async function thaw(deps: ContainerDeps, record: ContainerRecord): Promise<void> {
  await deps.cgroups.thaw(cgroupPathOf(deps, record)).catch((error: unknown) => {
    if (!hasKind(error, 'notFound')) throw error;
  });
}

/** Its end is on its way to us when there is nothing to freeze any more. @throws conflict then */
async function freeze(deps: ContainerDeps, id: string, path: string): Promise<void> {
  await deps.cgroups.freeze(path).catch((error: unknown) => {
    throw hasKind(error, 'notFound') ? new GantryError('conflict', `container ${id} is not running`, { cause: error }) : error;
  });
}
