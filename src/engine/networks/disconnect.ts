import { GantryError } from '../../base/errors.ts';
import type { ContainerRecord, EndpointRecord } from '../containers/record.ts';
import { bridgeNetworkOf } from './bridge-network.ts';
import { announce, withdraw } from './container-names.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { detachEndpoint, gatewayName, kernelEndpoint } from './endpoints.ts';
import { networkEvent } from './network-event.ts';

/** @param force also when the container is gone: then nothing is left to do */
export async function disconnect(deps: NetworkDeps, name: string, container: string, force: boolean): Promise<void> {
  const network = deps.catalog.find(name);
  if (force && !deps.containers.all().some((record) => record.id === container || record.name === container)) return;
  const { id } = deps.containers.find(container);
  await deps.locks.run(id, async () => {
    const record = deps.containers.find(id);
    if (network.name === 'host') throw new GantryError('forbidden', 'container cannot be disconnected from host network - container was created with host network mode');
    const leaving = record.endpoints[network.name];
    if (leaving === undefined) throw new GantryError('internal', `container ${id} is not connected to network ${network.name}`);
    if (isLive(record)) await withdraw(deps, record);
    await detachEndpoint(deps, record, network.name, { live: isLive(record) });
    const { [network.name]: _gone, ...endpoints } = record.endpoints;
    const left = deps.containers.save({ ...record, endpoints }, { durable: true });
    if (isLive(left)) await goOn(deps, left, gatewayName(deps, record.endpoints) === network.name ? leaving : undefined);
    networkEvent(deps.events, network, 'disconnect', { container: id });
  });
}

/** The container lives on with the endpoints it has left. @param gateway the endpoint that was its gateway, if it is the one that left */
async function goOn(deps: NetworkDeps, record: ContainerRecord, gateway: EndpointRecord | undefined): Promise<void> {
  if (gateway !== undefined) await chooseGateway(deps, record, gateway);
  await announce(deps, deps.containers.find(record.id));
}

/** Published ports move along, those of a family that the new gateway has. */
async function chooseGateway(deps: NetworkDeps, record: ContainerRecord, before: EndpointRecord): Promise<void> {
  const name = gatewayName(deps, record.endpoints);
  const next = name === undefined ? undefined : record.endpoints[name];
  const network = next === undefined ? undefined : deps.catalog.get(next.networkId);
  const bridge = network === undefined ? undefined : bridgeNetworkOf(network);
  if (name === undefined || next === undefined || bridge === undefined) return;
  const ports = before.ports.filter((port) => (port.hostIp.includes(':') ? next.ipv6 : next.ipv4) !== undefined);
  const endpoint: EndpointRecord = { ...next, ports };
  deps.ports.claim(ports);
  await deps.backend.becomeGateway({ id: record.id, path: deps.backend.sandboxPath(record.id) }, kernelEndpoint(bridge, endpoint, { interface: '', gateway: true }));
  deps.containers.save({ ...record, endpoints: { ...record.endpoints, [name]: endpoint } }, { durable: true });
}
