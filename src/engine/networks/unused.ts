import { predefinedNames } from './default-networks.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import type { NetworkRecord } from './verbs.ts';

/** A network of the person's own that no container is on now. One that rests does not hold its networks, as in Docker: it cannot start without them. */
export function isUnused(deps: Pick<NetworkDeps, 'containers'>): (network: NetworkRecord) => boolean {
  const used = new Set(deps.containers.all().filter(isLive).flatMap(({ endpoints }) => Object.values(endpoints).map(({ networkId }) => networkId)));
  return ({ id, name }) => !predefinedNames.includes(name) && !used.has(id);
}
