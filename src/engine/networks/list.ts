import { GantryError } from '../../base/errors.ts';
import { matchesLabels, matchesPattern, readFilters, type Filters } from '../filters.ts';
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
  const unused = isUnused(deps);
  return deps.catalog.all()
    .filter((network) => read.some('driver', (driver) => network.driver === driver)
      && read.some('id', (id) => matchesPattern([network.id], id))
      && read.some('name', (name) => matchesPattern([network.name], name))
      && read.some('scope', (scope) => network.scope === scope)
      && read.some('type', (type) => (type === 'builtin') === predefinedNames.includes(network.name))
      && matchesLabels(network.labels, read.values('label'))
      && read.flag('dangling', () => unused(network)))
    .map((network) => detailsOf(deps, network));
}
