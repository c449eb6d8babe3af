import { GantryError } from '../../base/errors.ts';
import { matchesLabels, matchesPattern, readFilters, type Filters, type ReadFilters } from '../filters.ts';
import { predefinedNames } from './default-networks.ts';
import type { NetworkDeps } from './deps.ts';
import { detailsOf } from './inspect.ts';
import { isUnused } from './unused.ts';
import type { NetworkDetails } from './verbs.ts';

export function list(deps: NetworkDeps, filters: Filters): NetworkDetails[] {
  const read = readFilters(filters, ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']);
  for (const type of read.values('type')) {
    if (type !== 'custom' && type !== 'builtin') throw new GantryError('invalid', `invalid filter: 'type'='${type}'`);
  }
  const dangling = readDangling(read);
  const unused = isUnused(deps);
  return deps.catalog.all()
    .filter((network) => read.some('driver', (driver) => network.driver === driver)
      && read.some('id', (id) => matchesPattern([network.id], id))
      && read.some('name', (name) => matchesPattern([network.name], name))
      && read.some('scope', (scope) => network.scope === scope)
      && read.some('type', (type) => (type === 'builtin') === predefinedNames.includes(network.name))
      && matchesLabels(network.labels, read.values('label'))
      && (dangling === undefined || dangling === unused(network)))
    .map((network) => detailsOf(deps, network));
}

/** In the words that Docker has for networks alone. @throws invalid */
function readDangling(read: ReadFilters): boolean | undefined {
  const [value, ...more] = read.values('dangling');
  if (more.length > 0) throw new GantryError('invalid', 'got more than one value for filter key "dangling"');
  if (value !== undefined && !['0', '1', 'false', 'true'].includes(value)) {
    throw new GantryError('invalid', 'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")');
  }
  return read.flag('dangling');
}
