import { GantryError } from '../../base/errors.ts';
import { announce, withdraw } from './container-names.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { detachEndpoint } from './endpoints.ts';
import { networkEvent } from './network-event.ts';

/** @param force also when the container is gone: then nothing is left to do */
export async function disconnect(deps: NetworkDeps, name: string, container: string, force: boolean): Promise<void> {
  const network = deps.catalog.find(name);
  if (force && !deps.containers.all().some((record) => record.id === container || record.name === container)) return;
  const { id } = deps.containers.find(container);
  await deps.locks.run(id, async () => {
    const record = deps.containers.find(id);
    if (network.name === 'host') throw new GantryError('forbidden', 'container cannot be disconnected from host network - container was created with host network mode');
    if (record.endpoints[network.name] === undefined) throw new GantryError('internal', `container ${id} is not connected to network ${network.name}`);
    await detachEndpoint(deps, record, network.name, { live: isLive(record) });
    const { [network.name]: _gone, ...endpoints } = record.endpoints;
    await withdraw(deps, record);
    const saved = deps.containers.save({ ...record, endpoints }, { durable: true });
    if (isLive(saved)) await announce(deps, saved);
    networkEvent(deps.events, network, 'disconnect', { container: id });
  });
}
