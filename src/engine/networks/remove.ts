import { GantryError } from '../../base/errors.ts';
import { shortId } from '../../base/ids.ts';
import { predefinedNames } from './default-networks.ts';
import type { NetworkDeps } from './deps.ts';
import { detailsOf } from './inspect.ts';
import { kernelNetworkOf } from './kernel-network.ts';
import { networkEvent } from './network-event.ts';

/** The record goes last: a daemon that dies before makes the bridge again, and the removal can be repeated. */
export async function remove(deps: NetworkDeps, name: string): Promise<void> {
  await deps.locks.run('networks', async () => {
    const network = deps.catalog.find(name);
    if (predefinedNames.includes(network.name)) throw new GantryError('forbidden', `${network.name} is a pre-defined network and cannot be removed`);
    const active = Object.entries(detailsOf(deps, network).containers);
    if (active.length > 0) {
      const list = active.map(([, { name: container, endpointId }]) => `name:"${container}" id:"${shortId(endpointId)}"`).join(', ');
      throw new GantryError('forbidden', `error while removing network: network ${network.name} has active endpoints (${list})`);
    }
    if (network.configOnly && deps.catalog.all().some((other) => other.configFrom === network.name)) {
      throw new GantryError('forbidden', `error while removing network: configuration network "${network.name}" is in use`);
    }
    const kernelNetwork = kernelNetworkOf(network);
    if (kernelNetwork !== undefined) await deps.backend.removeNetwork(kernelNetwork);
    deps.catalog.delete(network.id);
    networkEvent(deps.events, network, 'destroy');
  });
}
