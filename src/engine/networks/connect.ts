import { GantryError } from '../../base/errors.ts';
import type { EndpointRequest } from '../../oci/container.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { announce } from './container-names.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { askedInterface } from './check-endpoint.ts';
import { attachEndpoint, gatewayName, kernelEndpoint, releasePorts } from './endpoints.ts';
import { interfacePrefixOf, kernelNetworkOf } from './kernel-network.ts';
import { moveGateway, moveOtherRoute } from './move-gateway.ts';
import { networkEvent } from './network-event.ts';
import { networkModeOf, restingEndpoint } from './plan-endpoints.ts';
import { refreshFiles } from './refresh-files.ts';
import type { NetworkRecord } from './verbs.ts';

/** A container that runs gets the link at once, another at its next start. */
export async function connect(deps: NetworkDeps, name: string, container: string, request: EndpointRequest): Promise<void> {
  const { id } = deps.containers.find(container);
  await deps.locks.run(id, async () => {
    const record = deps.containers.find(id);
    const network = deps.catalog.find(name);
    checkConnect(record, network);
    if (record.endpoints[network.name] !== undefined) return;
    const resting = restingEndpoint(network, request, { containerId: id, containerName: record.name, hostname: record.config.hostname ?? '' });
    const planned: ContainerRecord = { ...record, endpoints: { ...record.endpoints, [network.name]: resting } };
    if (!isLive(record)) {
      deps.containers.save(planned, { durable: true });
    } else {
      const joined = await attachLive(deps, { before: record, planned, network });
      await moveOtherRoute(deps, joined);
      await announce(deps, joined);
      refreshFiles(deps, record, joined);
      networkEvent(deps.events, network, 'connect', { container: id });
    }
  });
}

interface Joining { before: ContainerRecord; planned: ContainerRecord; network: NetworkRecord }

/** The new endpoint becomes the gateway when its priority, or its name, comes first; the published ports then move to it. */
async function attachLive(deps: NetworkDeps, { before, planned, network }: Joining): Promise<ContainerRecord> {
  const sandbox = { id: before.id, path: deps.backend.sandboxPath(before.id) };
  const { request } = planned.endpoints[network.name]!;
  const gatewayBefore = gatewayName(deps, before.endpoints);
  const place = {
    interface: askedInterface(request) ?? deps.backend.freeInterface(sandbox, interfacePrefixOf(network)),
    gateway: gatewayBefore === undefined && gatewayName(deps, planned.endpoints) === network.name,
  };
  const endpoint = await attachEndpoint(deps, planned, network.name, place);
  const joined = deps.containers.save({ ...planned, endpoints: { ...before.endpoints, [network.name]: endpoint } }, { durable: true });
  if (gatewayBefore === undefined || gatewayName(deps, joined.endpoints) !== network.name) return joined;
  return await moveGateway(deps, await unpublish(deps, joined, gatewayBefore), joined.endpoints[gatewayBefore]?.ports ?? []);
}

async function unpublish(deps: NetworkDeps, record: ContainerRecord, name: string): Promise<ContainerRecord> {
  const endpoint = record.endpoints[name];
  const network = endpoint === undefined ? undefined : deps.catalog.get(endpoint.networkId);
  const kernelNetwork = network === undefined ? undefined : kernelNetworkOf(network);
  if (endpoint === undefined || kernelNetwork === undefined || endpoint.ports.length === 0) return record;
  await deps.backend.unpublish(kernelEndpoint(kernelNetwork, endpoint, { interface: '', gateway: true }));
  await releasePorts(deps, endpoint);
  return { ...record, endpoints: { ...record.endpoints, [name]: { ...endpoint, ports: [] } } };
}

function checkConnect(record: ContainerRecord, network: NetworkRecord): void {
  if (network.name === 'host') throw new GantryError('invalid', 'cannot connect container to host network - container must be created in host network mode');
  if (networkModeOf(record.hostConfig.networkMode).kind !== 'own') {
    throw new GantryError('invalid', 'container sharing network namespace with another container or host cannot be connected to any other network');
  }
  const present = Object.keys(record.endpoints);
  // One that does not run stays as it is there, without a word.
  if (present.includes(network.name) && isLive(record)) throw new GantryError('forbidden', `endpoint with name ${record.name} already exists in network ${network.name}`);
  if (present.includes('none') !== (network.name === 'none') && present.length > 0) {
    throw new GantryError('invalid', 'container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
}
