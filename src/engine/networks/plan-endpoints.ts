import { GantryError } from '../../base/errors.ts';
import type { EndpointRequest } from '../../oci/container.ts';
import type { NetworkPlanRequest } from '../containers/ports.ts';
import type { EndpointRecord } from '../containers/record.ts';
import { dnsNamesOf } from './container-names.ts';
import { predefinedNames } from './default-networks.ts';
import type { NetworkCatalog } from './network-catalog.ts';
import type { NetworkRecord } from './verbs.ts';

/** How a container gets its namespace, from Docker's one string. */
export type NetworkMode = { kind: 'host' } | { kind: 'container'; container: string } | { kind: 'own'; network: string };

export function networkModeOf(text: string | undefined): NetworkMode {
  if (text === 'host') return { kind: 'host' };
  if (text?.startsWith('container:')) return { kind: 'container', container: text.slice('container:'.length) };
  return { kind: 'own', network: text === undefined || text === '' || text === 'default' ? 'bridge' : text };
}

/** The networks that a container will join, by name, and what was asked of each. Takes nothing. @throws notFound, invalid, conflict */
export function planEndpoints(catalog: NetworkCatalog, request: NetworkPlanRequest): Record<string, EndpointRecord> {
  const mode = networkModeOf(request.hostConfig.networkMode);
  if (mode.kind === 'container') return {};
  const primary = catalog.find(mode.kind === 'host' ? 'host' : mode.network);
  const asked = new Map<string, EndpointRequest>([[primary.name, {}]]);
  for (const [name, endpoint] of Object.entries(request.endpoints)) {
    asked.set(name === 'default' ? primary.name : catalog.find(name).name, endpoint);
  }
  if (asked.size > 1 && primary.name === 'host') {
    throw new GantryError('invalid', 'container sharing network namespace with another container or host cannot be connected to any other network');
  }
  if (asked.size > 1 && asked.has('none')) {
    throw new GantryError('invalid', 'container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
  return Object.fromEntries([...asked].map(([name, endpoint]) => {
    const withMac = name === primary.name && request.macAddress !== undefined ? { ...endpoint, macAddress: endpoint.macAddress || request.macAddress } : endpoint;
    return [name, restingEndpoint(catalog.find(name), withMac, request)];
  }));
}

/** An endpoint of a container that does not run. @throws invalid for what this network cannot give */
export function restingEndpoint(network: NetworkRecord, request: EndpointRequest, container: { containerId: string; containerName: string }): EndpointRecord {
  checkRequest(network, request);
  const dnsNames = dnsNamesOf(network, { id: container.containerId, name: container.containerName }, request.aliases);
  return { endpointId: '', networkId: network.id, request, dnsNames, macAddress: request.macAddress ?? '', ports: [] };
}

function checkRequest(network: NetworkRecord, request: EndpointRequest): void {
  const predefined = predefinedNames.includes(network.name);
  const { ipv4Address, ipv6Address, linkLocalIPs } = request.ipamConfig ?? {};
  if ((ipv4Address || ipv6Address) && predefined) throw new GantryError('invalid', 'user specified IP address is supported on user defined networks only');
  if (request.aliases?.length && predefined) throw new GantryError('invalid', 'network-scoped alias is supported only for containers in user defined networks');
  if (linkLocalIPs?.length) throw new GantryError('invalid', 'a link-local address of one\'s own (--link-local-ip) is not supported by this engine');
  if (request.links?.length) throw new GantryError('invalid', 'links on a network (--link) are not supported by this engine');
  const [option] = Object.keys(request.driverOpts ?? {});
  if (option !== undefined) throw new GantryError('invalid', `the endpoint option ${option} is not supported by this engine`);
  if (request.macAddress && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(request.macAddress)) {
    throw new GantryError('invalid', `invalid MAC address: ${request.macAddress}`);
  }
}
