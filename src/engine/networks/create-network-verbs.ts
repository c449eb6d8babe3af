import { GantryError } from '../../base/errors.ts';
import { connect } from './connect.ts';
import { create } from './create.ts';
import type { NetworkDeps } from './deps.ts';
import { disconnect } from './disconnect.ts';
import { detailsOf } from './inspect.ts';
import { list } from './list.ts';
import { prune } from './prune.ts';
import { remove } from './remove.ts';
import type { NetworkVerbs } from './verbs.ts';

export function createNetworkVerbs(deps: NetworkDeps): NetworkVerbs {
  let pruning = false;
  return {
    create: (request) => create(deps, request),
    list: async (filters) => list(deps, filters),
    inspect: async (network) => detailsOf(deps, deps.catalog.find(network)),
    remove: (network) => remove(deps, network),
    connect: (network, container, request) => connect(deps, network, container, request),
    disconnect: (network, container, force) => disconnect(deps, network, container, force),
    prune: async (filters) => {
      if (pruning) throw new GantryError('conflict', 'a prune operation is already running');
      pruning = true;
      try {
        return await prune(deps, filters);
      } finally {
        pruning = false;
      }
    },
  };
}
