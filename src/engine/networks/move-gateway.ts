import type { PublishedPort } from '../../network/network.ts';
import type { ContainerRecord, EndpointRecord } from '../containers/record.ts';
import type { NetworkDeps } from './deps.ts';
import { gatewayName, kernelEndpoint, otherRoute, publishes, relay } from './endpoints.ts';
import { kernelNetworkOf } from './kernel-network.ts';

/**
 * Leads the default route of a running container over the endpoint that is its gateway by now, and moves the published ports there. @param ports those of the endpoint that was the gateway; nobody holds them
 */
export async function moveGateway(deps: NetworkDeps, record: ContainerRecord, ports: PublishedPort[]): Promise<ContainerRecord> {
  const name = gatewayName(deps, record.endpoints);
  const next = name === undefined ? undefined : record.endpoints[name];
  const network = next === undefined ? undefined : deps.catalog.get(next.networkId);
  const kernelNetwork = network === undefined ? undefined : kernelNetworkOf(network);
  if (name === undefined || next === undefined || kernelNetwork === undefined) return record;
  const kept = publishes(kernelNetwork) ? ports : [];
  const endpoint: EndpointRecord = { ...next, ports: kept };
  deps.ports.claim(kept);
  await deps.backend.becomeGateway({ id: record.id, path: deps.backend.sandboxPath(record.id) }, kernelEndpoint(kernelNetwork, endpoint, { interface: '', gateway: true }));
  relay(deps, endpoint);
  return deps.containers.save({ ...record, endpoints: { ...record.endpoints, [name]: endpoint } }, { durable: true });
}

/** Leads the family that the gateway lacks over another endpoint of a running container, if one has it. */
export async function moveOtherRoute(deps: NetworkDeps, record: ContainerRecord): Promise<void> {
  const other = otherRoute(deps, record.endpoints);
  const endpoint = other === undefined ? undefined : record.endpoints[other.name];
  const network = endpoint === undefined ? undefined : deps.catalog.get(endpoint.networkId);
  const kernelNetwork = network === undefined ? undefined : kernelNetworkOf(network);
  if (other === undefined || endpoint === undefined || kernelNetwork === undefined) return;
  const place = { interface: '', gateway: false, routes: other.family };
  await deps.backend.becomeGateway({ id: record.id, path: deps.backend.sandboxPath(record.id) }, kernelEndpoint(kernelNetwork, endpoint, place));
}
