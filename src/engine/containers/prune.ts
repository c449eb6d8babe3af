import { GantryError } from '../../base/errors.ts';
import { excludedByLabels, matchesLabels, readFilters, readUntil, type Filters } from '../filters.ts';
import type { ContainerDeps } from './deps.ts';
import { isRemovable, removeLocked } from './remove.ts';

/** Catalogs that are being pruned: several engines may live in one process. */
const running = new WeakSet<object>();

/** Removes stopped containers. One prune at a time. */
export async function prune(deps: ContainerDeps, filters: Filters): Promise<{ deleted: string[]; reclaimedBytes: number }> {
  const wanted = readFilters(filters, ['label', 'label!', 'until']);
  const until = readUntil(wanted);
  if (running.has(deps.catalog)) throw new GantryError('conflict', 'a prune operation is already running');
  running.add(deps.catalog);
  try {
    const deleted: string[] = [];
    let reclaimedBytes = 0;
    for (const { id } of deps.catalog.all()) {
      await deps.locks.run(id, async () => {
        const record = deps.catalog.get(id);
        if (record === undefined || !isRemovable(record) || deps.removals.has(id)) return;
        if (until !== undefined && Date.parse(record.createdAt) >= until) return;
        if (!matchesLabels(record.config.labels, wanted.values('label'))) return;
        if (excludedByLabels(record.config.labels, wanted)) return;
        reclaimedBytes += await deps.rootfs.usage(id);
        await removeLocked(deps, record, { volumes: false });
        deleted.push(id);
      });
    }
    deps.events.publish({ type: 'container', action: 'prune', actor: { id: '', attributes: { reclaimed: String(reclaimedBytes) } } });
    return { deleted, reclaimedBytes };
  } finally {
    running.delete(deps.catalog);
  }
}
