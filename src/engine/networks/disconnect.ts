import { GantryError, messageOf } from '../../base/errors.ts';
import type { ContainerRecord, EndpointRecord } from '../containers/record.ts';
import { announce, withdraw } from './container-names.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { detachEndpoint, gatewayName } from './endpoints.ts';
import { moveGateway, moveOtherRoute } from './move-gateway.ts';
import { networkEvent } from './network-event.ts';
import { refreshFiles } from './refresh-files.ts';
import type { NetworkRecord } from './verbs.ts';

/** @param force also an endpoint whose container is gone (here it went with it, and is not found), and one on a network that is gone */
export async function disconnect(deps: NetworkDeps, name: string, container: string, force: boolean): Promise<void> {
  if (force && !deps.containers.all().some((record) => record.id === container || record.name === container || record.id.startsWith(container))) {
    deps.catalog.find(name);
    throw new GantryError('notFound', `endpoint ${container} not found`);
  }
  const { id } = deps.containers.find(container);
  await deps.locks.run(id, async () => {
    const record = deps.containers.find(id);
    const network = networkOf(deps, record, name, force);
    const key = network?.name ?? name;
    const leaving = record.endpoints[key];
    if (leaving === undefined) throw new GantryError('internal', `container ${id} is not connected to ${isLive(record) ? '' : 'the '}network ${key}`);
    if (key === 'host') throw new GantryError('invalid', 'cannot disconnect container from host network - container was created in host network mode');
    if (isLive(record)) await withdraw(deps, record);
    const { [key]: _gone, ...endpoints } = record.endpoints;
    // Recorded first: what a daemon that dies leaves of the endpoint in the kernel, the next one takes away.
    const left = deps.containers.save({ ...record, endpoints }, { durable: true });
    await detachEndpoint(deps, record, key, { live: isLive(record) });
    if (isLive(left)) {
      await goOn(deps, left, gatewayName(deps, record.endpoints) === key ? leaving : undefined);
      refreshFiles(deps, record, left);
    }
    if (network !== undefined && isLive(record)) networkEvent(deps.events, network, 'disconnect', { container: id });
  });
}

/** undefined for a network that is gone: a container that does not run, and could not be started with it, can be told to forget it. @throws notFound */
function networkOf(deps: NetworkDeps, record: ContainerRecord, name: string, force: boolean): NetworkRecord | undefined {
  const endpoint = record.endpoints[name];
  const isGone = endpoint !== undefined && deps.catalog.get(endpoint.networkId) === undefined && deps.catalog.byName(name) === undefined;
  return isGone && (force || !isLive(record)) ? undefined : deps.catalog.find(name);
}

/** The container lives on with the endpoints it has left. @param gateway the endpoint that was its gateway, if it is the one that left */
async function goOn(deps: NetworkDeps, record: ContainerRecord, gateway: EndpointRecord | undefined): Promise<void> {
  try {
    if (gateway !== undefined) await moveGateway(deps, record, gateway.ports);
    await moveOtherRoute(deps, record);
  } catch (error) {
    // A container may have taken the link down by which it would go out now: it has left the network all the same.
    deps.ports.release(gateway?.ports ?? []);
    deps.log.warn('a container has no default route after it left a network', { container: record.id, error: messageOf(error) });
  }
  await announce(deps, deps.containers.find(record.id));
}
