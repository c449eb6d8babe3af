import { hasKind } from '../../base/errors.ts';
import { excludedByLabels, matchesLabels, readFilters, readUntil, type Filters } from '../filters.ts';
import type { NetworkDeps } from './deps.ts';
import { remove } from './remove.ts';
import { isUnused } from './unused.ts';

/** Removes user-defined networks that no running container is on; configurations stay. Returns their names. */
export async function prune(deps: NetworkDeps, filters: Filters): Promise<string[]> {
  const read = readFilters(filters, ['until', 'label', 'label!']);
  const until = readUntil(read);
  const unused = deps.catalog.all().filter(isUnused(deps)).filter((network) => !network.configOnly
    && (until === undefined || Date.parse(network.createdAt) < until)
    && matchesLabels(network.labels, read.values('label'))
    && !excludedByLabels(network.labels, read));
  const removed: string[] = [];
  for (const network of unused) {
    try {
      await remove(deps, network.id);
      removed.push(network.name);
    } catch (error) {
      // Someone removed it, or a container joined it, in the meantime.
      if (!hasKind(error, 'notFound') && !hasKind(error, 'forbidden')) throw error;
    }
  }
  deps.events.publish({ type: 'network', action: 'prune', actor: { id: '', attributes: { reclaimed: '0' } } });
  return removed;
}
