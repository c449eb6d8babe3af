import { isLive, type NetworkDeps } from './deps.ts';
import type { NetworkDetails, NetworkRecord } from './verbs.ts';

/** The network with the containers that are on it now. */
export function detailsOf(deps: Pick<NetworkDeps, 'containers'>, network: NetworkRecord): NetworkDetails {
  const containers: NetworkDetails['containers'] = {};
  for (const record of deps.containers.all().filter(isLive)) {
    for (const endpoint of Object.values(record.endpoints)) {
      if (endpoint.networkId !== network.id) continue;
      const { endpointId, macAddress, ipv4 = '', ipv6 = '', ports } = endpoint;
      containers[record.id] = { name: record.name, endpointId, macAddress, ipv4, ipv6, ports };
    }
  }
  return { network, containers };
}
