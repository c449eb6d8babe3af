import { GantryError } from '../../base/errors.ts';
import type { EndpointRequest } from '../../oci/container.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { announce } from './container-names.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { attachEndpoint } from './endpoints.ts';
import { networkEvent } from './network-event.ts';
import { networkModeOf, restingEndpoint } from './plan-endpoints.ts';
import type { NetworkRecord } from './verbs.ts';

/** A container that runs gets the link at once, another at its next start. */
export async function connect(deps: NetworkDeps, name: string, container: string, request: EndpointRequest): Promise<void> {
  const { id } = deps.containers.find(container);
  await deps.locks.run(id, async () => {
    const record = deps.containers.find(id);
    const network = deps.catalog.find(name);
    checkConnect(record, network);
    const resting = restingEndpoint(network, request, { containerId: id, containerName: record.name });
    const planned: ContainerRecord = { ...record, endpoints: { ...record.endpoints, [network.name]: resting } };
    if (!isLive(record)) {
      deps.containers.save(planned, { durable: true });
    } else {
      // It does not take over the default route or the published ports from the endpoints that are there.
      const sandbox = { id, path: deps.backend.sandboxPath(id) };
      const place = { interface: deps.backend.freeInterface(sandbox), gateway: Object.keys(record.endpoints).length === 0 };
      const endpoint = await attachEndpoint(deps, planned, network.name, place);
      await announce(deps, deps.containers.save({ ...planned, endpoints: { ...record.endpoints, [network.name]: endpoint } }, { durable: true }));
    }
    networkEvent(deps.events, network, 'connect', { container: id });
  });
}

function checkConnect(record: ContainerRecord, network: NetworkRecord): void {
  if (network.name === 'host') throw new GantryError('forbidden', 'container cannot be connected to host network');
  if (networkModeOf(record.hostConfig.networkMode).kind !== 'own') {
    throw new GantryError('invalid', 'container sharing network namespace with another container or host cannot be connected to any other network');
  }
  const present = Object.keys(record.endpoints);
  if (present.includes(network.name)) throw new GantryError('forbidden', `endpoint with name ${record.name} already exists in network ${network.name}`);
  if (present.includes('none') || (network.name === 'none' && present.length > 0)) {
    throw new GantryError('forbidden', 'container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
}
