import { GantryError } from '../../base/errors.ts';
import type { ContainerRecord, EndpointRecord } from '../containers/record.ts';
import { announce, withdraw } from './container-names.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { detachEndpoint, gatewayName } from './endpoints.ts';
import { moveGateway } from './move-gateway.ts';
import { networkEvent } from './network-event.ts';
import { refreshFiles } from './refresh-files.ts';

/** @param force also an endpoint whose container is gone: here it went with it, and is not found */
export async function disconnect(deps: NetworkDeps, name: string, container: string, force: boolean): Promise<void> {
  const network = deps.catalog.find(name);
  if (force && !deps.containers.all().some((record) => record.id === container || record.name === container || record.id.startsWith(container))) {
    throw new GantryError('notFound', `endpoint ${container} not found`);
  }
  const { id } = deps.containers.find(container);
  await deps.locks.run(id, async () => {
    const record = deps.containers.find(id);
    if (network.name === 'host') throw new GantryError('invalid', 'cannot disconnect container from host network - container was created in host network mode');
    const leaving = record.endpoints[network.name];
    if (leaving === undefined) throw new GantryError('internal', `container ${id} is not connected to network ${network.name}`);
    if (isLive(record)) await withdraw(deps, record);
    const { [network.name]: _gone, ...endpoints } = record.endpoints;
    // Recorded first: what a daemon that dies leaves of the endpoint in the kernel, the next one takes away.
    const left = deps.containers.save({ ...record, endpoints }, { durable: true });
    await detachEndpoint(deps, record, network.name, { live: isLive(record) });
    if (isLive(left)) {
      await goOn(deps, left, gatewayName(deps, record.endpoints) === network.name ? leaving : undefined);
      refreshFiles(deps, record, left);
    }
    networkEvent(deps.events, network, 'disconnect', { container: id });
  });
}

/** The container lives on with the endpoints it has left. @param gateway the endpoint that was its gateway, if it is the one that left */
async function goOn(deps: NetworkDeps, record: ContainerRecord, gateway: EndpointRecord | undefined): Promise<void> {
  if (gateway !== undefined) await moveGateway(deps, record, gateway.ports);
  await announce(deps, deps.containers.find(record.id));
}
