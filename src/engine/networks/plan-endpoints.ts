import { GantryError, hasKind, isGantryError } from '../../base/errors.ts';
import type { EndpointRequest } from '../../oci/container.ts';
import { sharedContainer } from '../../oci/namespace-mode.ts';
import type { NetworkPlanRequest } from '../containers/ports.ts';
import type { ContainerRecord, EndpointRecord } from '../containers/record.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { dnsNamesOf } from './container-names.ts';
import { predefinedNames } from './default-networks.ts';
import type { NetworkCatalog } from './network-catalog.ts';
import type { NetworkRecord } from './verbs.ts';

/** How a container gets its namespace, from Docker's one string. */
export type NetworkMode = { kind: 'host' } | { kind: 'container'; container: string } | { kind: 'own'; network: string };

export function networkModeOf(text: string | undefined): NetworkMode {
  if (text === 'host') return { kind: 'host' };
  const container = sharedContainer(text);
  if (container !== undefined) return { kind: 'container', container };
  return { kind: 'own', network: text === undefined || text === '' || text === 'default' ? 'bridge' : text };
}

/**
 * The networks that a container will join, by name, and what was asked of each. Takes nothing. A network that is not there may be made before the
 * container starts: its endpoint has no network id until then. @throws invalid, conflict
 */
export function planEndpoints(catalog: NetworkCatalog, request: NetworkPlanRequest): Record<string, EndpointRecord> {
  const mode = networkModeOf(request.hostConfig.networkMode);
  if (mode.kind === 'container') {
    if (request.hostConfig.links?.length) throw new GantryError('invalid', 'conflicting options: container type network can\'t be used with links. This would result in undefined behavior');
    return {};
  }
  const primary = found(catalog, mode.kind === 'host' ? 'host' : mode.network);
  // Endpoints that are asked for by name are all there are: the mode names the network of those who ask for none.
  const named = Object.keys(request.endpoints).length > 0 && primary.name !== 'host' && primary.name !== 'none';
  const asked = new Map<string, EndpointRequest>(named ? [] : [[primary.name, {}]]);
  for (const [name, endpoint] of Object.entries(request.endpoints)) {
    asked.set(name === 'default' ? primary.name : found(catalog, name).name, endpoint);
  }
  if (primary.name === 'host' && request.hostConfig.links?.length) {
    throw new GantryError('invalid', "conflicting options: host type networking can't be used with links. This would result in undefined behavior");
  }
  const own = asked.get(primary.name);
  if (own !== undefined) asked.set(primary.name, withLinks(primary, own, request.hostConfig.links));
  if (asked.size > 1 && primary.name === 'host') {
    throw new GantryError('invalid', 'container sharing network namespace with another container or host cannot be connected to any other network');
  }
  if (asked.size > 1 && asked.has('none')) {
    throw new GantryError('invalid', 'container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
  const first = own === undefined ? [...asked.keys()][0] : primary.name;
  return Object.fromEntries([...asked].map(([name, endpoint]) => {
    const withMac = name === first && request.macAddress !== undefined ? { ...endpoint, macAddress: endpoint.macAddress || request.macAddress } : endpoint;
    return [name, configuredEndpoint(found(catalog, name), withMac, request)];
  }));
}

/** A network, or the name of one that is not there. */
type Wanted = NetworkRecord | { id: ''; name: string };

function found(catalog: NetworkCatalog, name: string): Wanted {
  try {
    return catalog.find(name);
  } catch (cause) {
    if (hasKind(cause, 'notFound')) return { id: '', name };
    throw cause;
  }
}

/** The endpoints of a container that starts, on networks that are all there now. @throws notFound; invalid, forbidden as restingEndpoint() */
export function settledEndpoints(catalog: NetworkCatalog, { id, name, config, endpoints }: ContainerRecord): Record<string, EndpointRecord> {
  const container = { containerId: id, containerName: name, hostname: config.hostname ?? '' };
  return Object.fromEntries(Object.entries(endpoints).map(([wanted, endpoint]) => {
    // One that has been on its network knows it by its id; until then the name counts.
    if (endpoint.networkId !== '' && (endpoint.before !== undefined || catalog.get(endpoint.networkId) !== undefined)) return [wanted, endpoint];
    const network = catalog.find(wanted);
    return [network.name, restingEndpoint(network, endpoint.request, container)];
  }));
}

/** One that a create asks for. @throws as restingEndpoint() */
function configuredEndpoint(network: Wanted, asked: EndpointRequest, request: NetworkPlanRequest): EndpointRecord {
  try {
    return restingEndpoint(network, asked, request);
  } catch (error) {
    throw isGantryError(error) ? new GantryError(error.kind, `invalid config for network ${network.name}: ${error.message}`, { cause: error }) : error;
  }
}

/** An endpoint of a container that does not run. @throws invalid, forbidden for what this network cannot give */
export function restingEndpoint(network: Wanted, asked: EndpointRequest, container: Pick<NetworkPlanRequest, 'containerId' | 'containerName' | 'hostname'>): EndpointRecord {
  // Hardware addresses are written with hyphens too.
  const request = asked.macAddress === undefined ? asked : { ...asked, macAddress: asked.macAddress.replaceAll('-', ':').toLowerCase() };
  if (!('driver' in network)) return { endpointId: '', networkId: '', request, dnsNames: [], macAddress: request.macAddress ?? '', ports: [] };
  checkEndpoint(network, request);
  const dnsNames = dnsNamesOf(network, { id: container.containerId, name: container.containerName, hostname: container.hostname }, request.aliases);
  return { endpointId: '', networkId: network.id, request, dnsNames, macAddress: request.macAddress ?? '', ports: [] };
}

/** `--link` of a container whose network resolves names belongs to that network, as Docker keeps it. @throws invalid */
function withLinks(primary: Wanted, endpoint: EndpointRequest, links: string[] | undefined): EndpointRequest {
  if (!links?.length || predefinedNames.includes(primary.name)) return endpoint;
  return { ...endpoint, links: [...new Set([...(endpoint.links ?? []), ...links])] };
}
