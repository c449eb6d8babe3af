import { randomBytes } from 'node:crypto';
import { GantryError, messageOf } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { macOf } from '../../network/addresses/choose.ts';
import { isMacvlan, type BridgeNetwork, type Endpoint, type Network, type PublishedPort, type Sandbox } from '../../network/network.ts';
import { relayedPorts } from '../../network/relay/relayed-port.ts';
import type { ContainerRecord, EndpointRecord } from '../containers/record.ts';
import { askedInterface, askedSysctls, checkAttachable } from './check-endpoint.ts';
import type { NetworkDeps } from './deps.ts';
import { interfacePrefixOf, kernelNetworkOf } from './kernel-network.ts';
import type { NetworkRecord } from './verbs.ts';
import { wantedPorts } from './wanted-ports.ts';

export interface Place {
  /** Name inside the container. */
  interface: string;
  /** It gives the default route, and the container's ports are published on it. */
  gateway: boolean;
  /** It gives the default route of this family, which the container's gateway lacks. */
  routes?: Family;
}

export type Family = 'ipv4' | 'ipv6';

/** Addresses, ports, then the kernel; gives back all of it when a step fails. Endpoints of networks without a bridge get an id only. */
export async function attachEndpoint(deps: NetworkDeps, container: ContainerRecord, name: string, place: Place): Promise<EndpointRecord> {
  const resting = container.endpoints[name];
  const network = resting === undefined ? undefined : deps.catalog.get(resting.networkId);
  if (resting === undefined || network === undefined) throw new GantryError('notFound', `network ${resting?.networkId ?? name} not found`);
  checkAttachable(network, resting.request);
  const kernelNetwork = kernelNetworkOf(network);
  const endpointId = newId();
  if (kernelNetwork === undefined) return { ...resting, endpointId };
  await using undo = new AsyncDisposableStack();
  undo.defer(() => deps.addresses.release(network.id, container.id));
  const addressed = takeAddresses(deps, { container, network, kernelNetwork, resting });
  const ports = place.gateway && publishes(kernelNetwork) ? takePorts(deps, { container, network, kernelNetwork, endpointId, addressed }) : [];
  undo.defer(() => deps.ports.release(ports));
  const record: EndpointRecord = { ...addressed, endpointId, ports };
  const sandbox: Sandbox = { id: container.id, path: deps.backend.sandboxPath(container.id) };
  await deps.backend.attach(sandbox, kernelEndpoint(kernelNetwork, record, place));
  relay(deps, record);
  undo.move();
  return record;
}

/** The other way round. Never throws for what is gone. `live`: the namespace stays, so the link has to go. */
export async function detachEndpoint(deps: NetworkDeps, container: ContainerRecord, name: string, options: { live: boolean }): Promise<EndpointRecord | undefined> {
  const record = container.endpoints[name];
  if (record === undefined) return undefined;
  const network = deps.catalog.get(record.networkId);
  const kernelNetwork = network === undefined ? undefined : kernelNetworkOf(network);
  if (kernelNetwork !== undefined && record.endpointId !== '') {
    // Another link with its hardware address is refused as long as this one is there.
    const sandbox = options.live || isMacvlan(kernelNetwork) ? { id: container.id, path: deps.backend.sandboxPath(container.id) } : undefined;
    await deps.backend.detach(sandbox, kernelEndpoint(kernelNetwork, record, { interface: '', gateway: true }));
  }
  await releasePorts(deps, record);
  for (const address of [record.ipv4, record.ipv6]) {
    if (address !== undefined) deps.addresses.give(record.networkId, address.split('/')[0] ?? '', container.id);
  }
  const before = record.endpointId === '' ? record.before : { ...(record.ipv4 !== undefined && { ipv4: record.ipv4 }), ...(record.ipv6 !== undefined && { ipv6: record.ipv6 }) };
  return { endpointId: '', networkId: record.networkId, request: record.request, dnsNames: record.dnsNames, macAddress: record.request.macAddress ?? '', ports: [], ...(before && { before }) };
}

export function kernelEndpoint(network: Network, record: EndpointRecord, place: Place): Endpoint {
  const sysctls = askedSysctls(record.request);
  const linkLocal = record.request.ipamConfig?.linkLocalIPs?.map((address) => `${address}/${address.includes(':') ? 64 : 16}`);
  return {
    ...(sysctls && { sysctls }), ...(linkLocal && { linkLocal }),
    id: record.endpointId, network, interface: place.interface, macAddress: record.macAddress, ipv4: record.ipv4, ipv6: record.ipv6,
    defaultRoute: place.gateway || (place.routes ?? false), ports: record.ports,
  };
}

/** Starts to pass on what comes to its ports from the family in which it has no address. */
export function relay(deps: Pick<NetworkDeps, 'resolver' | 'ports'>, record: EndpointRecord): void {
  deps.resolver.relay(relayedPorts(record), (port) => deps.ports.descriptorOf(port));
}

/** Gives the ports back, which nothing leads to any more. */
export async function releasePorts(deps: Pick<NetworkDeps, 'resolver' | 'ports'>, record: EndpointRecord): Promise<void> {
  await deps.resolver.endRelay(relayedPorts(record));
  deps.ports.release(record.ports);
}

/** Ports are published by translating what comes to the host: that needs a bridge, and a way in. */
export function publishes(network: Network): network is BridgeNetwork {
  return !isMacvlan(network) && !network.internal;
}

/** The names of a container's links, by network: the one asked for, else the network's prefix and the next number. */
export function interfaceNames(deps: Pick<NetworkDeps, 'catalog'>, endpoints: Record<string, EndpointRecord>): Record<string, string> {
  const counts = new Map<string, number>();
  return Object.fromEntries(Object.entries(endpoints).map(([name, { networkId, request }]) => {
    const asked = askedInterface(request);
    if (asked !== undefined) return [name, asked];
    const network = deps.catalog.get(networkId);
    const prefix = network === undefined ? 'eth' : interfacePrefixOf(network);
    const number = counts.get(prefix) ?? 0;
    counts.set(prefix, number + 1);
    return [name, `${prefix}${number}`];
  }));
}

/** Which endpoint of a container is its gateway: the highest priority, then the first name; internal networks never. */
export function gatewayName(deps: Pick<NetworkDeps, 'catalog'>, endpoints: Record<string, EndpointRecord>): string | undefined {
  return waysOut(deps, endpoints)[0];
}

/** Which other endpoint leads out in the family that the gateway's network does not have. */
export function otherRoute(deps: Pick<NetworkDeps, 'catalog'>, endpoints: Record<string, EndpointRecord>): { name: string; family: Family } | undefined {
  const has = (name: string | undefined, family: Family): boolean => {
    const network = name === undefined ? undefined : deps.catalog.get(endpoints[name]?.networkId ?? '');
    return network !== undefined && kernelNetworkOf(network)?.[family]?.gateway !== undefined;
  };
  const [gateway, ...others] = waysOut(deps, endpoints);
  const family = has(gateway, 'ipv4') ? 'ipv6' : 'ipv4';
  const name = has(gateway, family) ? undefined : others.find((other) => has(other, family));
  return name === undefined ? undefined : { name, family };
}

function waysOut(deps: Pick<NetworkDeps, 'catalog'>, endpoints: Record<string, EndpointRecord>): string[] {
  return Object.entries(endpoints)
    .filter(([, endpoint]) => deps.catalog.get(endpoint.networkId)?.internal === false)
    .toSorted(([a, one], [b, other]) => (other.request.gwPriority ?? 0) - (one.request.gwPriority ?? 0) || (a < b ? -1 : 1))
    .map(([name]) => name);
}

interface Addressing { container: ContainerRecord; network: NetworkRecord; kernelNetwork: Network; resting: EndpointRecord }

function takeAddresses(deps: NetworkDeps, { container, network, kernelNetwork, resting }: Addressing): EndpointRecord {
  const take = (family: 4 | 6, wanted: string | undefined, subnet: string): string => {
    const before = resting.before?.[`ipv${family}`]?.split('/')[0];
    return `${deps.addresses.take(network, { family, owner: container.id, wanted: wanted || undefined, before })}/${subnet.split('/')[1]}`;
  };
  const asked = resting.request.ipamConfig;
  const { ipv4: pool4, ipv6: pool6, internal } = kernelNetwork;
  const ipv4 = pool4 === undefined ? undefined : take(4, asked?.ipv4Address, pool4.subnet);
  const ipv6 = pool6 === undefined || hasNoIpv6(container) ? undefined : take(6, asked?.ipv6Address, pool6.subnet);
  const macAddress = resting.request.macAddress || (ipv4 === undefined ? randomMac() : macOf(ipv4.split('/')[0] ?? ''));
  const gateways = internal ? {} : { gateway: pool4?.gateway, gateway6: ipv6 === undefined ? undefined : pool6?.gateway };
  return { ...resting, macAddress, ipv4, ipv6, ...gateways };
}

/** A container can turn IPv6 off for all of its links. */
export function hasNoIpv6({ hostConfig }: Pick<ContainerRecord, 'hostConfig'>): boolean {
  return hostConfig.sysctls?.['net.ipv6.conf.all.disable_ipv6'] === '1';
}

interface Publishing { container: ContainerRecord; network: NetworkRecord; kernelNetwork: BridgeNetwork; endpointId: string; addressed: EndpointRecord }

function takePorts(deps: NetworkDeps, { container, network, kernelNetwork, endpointId, addressed }: Publishing): PublishedPort[] {
  const binding = network.options['com.docker.network.bridge.host_binding_ipv4'] ?? '';
  const requests = wantedPorts(container, binding === '0.0.0.0' ? '' : binding);
  try {
    const { gatewayModes = {} } = kernelNetwork;
    return deps.ports.allocate(requests, {
      families: { ipv4: addressed.ipv4 !== undefined, ipv6: addressed.ipv6 !== undefined },
      container: (addressed.ipv4 ?? addressed.ipv6)?.split('/')[0],
      routed: { ipv4: gatewayModes.ipv4 === 'routed', ipv6: gatewayModes.ipv6 === 'routed' },
    });
  } catch (error) {
    const message = `driver failed programming external connectivity on endpoint ${container.name} (${endpointId}): ${messageOf(error)}`;
    throw new GantryError('internal', message, { cause: error });
  }
}

/** Locally administered, unicast. */
function randomMac(): string {
  return ['02', ...Array.from(randomBytes(5), (byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
