import type { NamedEndpoint } from '../../network/dns/names.ts';
import type { ServedSandbox } from '../../network/dns/protocol.ts';
import { shortId } from '../../base/ids.ts';
import type { ContainerRecord, EndpointRecord } from '../containers/record.ts';
import { predefinedNames } from './default-networks.ts';
import type { NetworkDeps } from './deps.ts';
import { upstreamsOf } from './host-resolver.ts';
import { kernelNetworkOf } from './kernel-network.ts';
import { parseLink } from './links.ts';
import type { NetworkRecord } from './verbs.ts';

/** The endpoints of a container on networks that resolve names: the user-defined ones. */
export function namedEndpoints(deps: Pick<NetworkDeps, 'catalog'>, record: ContainerRecord): { network: NetworkRecord; endpoint: EndpointRecord }[] {
  return Object.values(record.endpoints).flatMap((endpoint) => {
    const network = deps.catalog.get(endpoint.networkId);
    return network === undefined || predefinedNames.includes(network.name) ? [] : [{ network, endpoint }];
  });
}

/** What a container is called on a network that resolves names: its host name too, as in Docker since 26. */
export function dnsNamesOf(network: NetworkRecord, container: { id: string; name: string; hostname: string }, aliases: readonly string[] = []): string[] {
  if (predefinedNames.includes(network.name)) return [];
  const { id, name, hostname } = container;
  return [...new Set([name, ...aliases, shortId(id), ...(hostname === '' ? [] : [hostname])])];
}

/** Tells the resolver of a container that has just come onto its networks, and has its namespace served. */
export async function announce(deps: NetworkDeps, record: ContainerRecord): Promise<void> {
  const named = namedEndpoints(deps, record);
  for (const { network, endpoint } of named) await deps.resolver.put(nameOf(record, network, endpoint));
  if (named.length > 0) await deps.resolver.serve(servedSandbox(deps, record));
}

/** The other way round; nothing happens for a container that has no names. */
export async function withdraw(deps: NetworkDeps, record: ContainerRecord): Promise<void> {
  for (const { network, endpoint } of namedEndpoints(deps, record)) {
    if (endpoint.endpointId !== '') await deps.resolver.drop(network.id, endpoint.endpointId);
  }
  await deps.resolver.leave(record.id);
}

export function nameOf(record: ContainerRecord, network: NetworkRecord, { endpointId, dnsNames, ipv4, ipv6 }: EndpointRecord): NamedEndpoint {
  const addresses = [ipv4, ipv6].filter((address) => address !== undefined).map((address) => address.split('/')[0] ?? '');
  return { network: network.id, endpoint: endpointId, name: record.name, names: dnsNames, addresses };
}

/** Names that only this container knows others by. */
function linksOf(deps: Pick<NetworkDeps, 'containers'>, { request }: EndpointRecord): { links?: Record<string, string> } {
  if (!request.links?.length) return {};
  return { links: Object.fromEntries(request.links.map((text) => {
    const { container, alias } = parseLink(text);
    const name = deps.containers.all().find((record) => record.id === container || record.name === container)?.name ?? container;
    return [alias.toLowerCase(), name.toLowerCase()];
  })) };
}

/** A container that is on internal networks only asks nobody outside. */
export function servedSandbox(deps: Pick<NetworkDeps, 'catalog' | 'backend' | 'containers' | 'settings'>, record: ContainerRecord): ServedSandbox {
  const networks = namedEndpoints(deps, record).map(({ network, endpoint }) => ({ id: network.id, name: network.name, ...linksOf(deps, endpoint) }));
  const hasWayOut = Object.values(record.endpoints).some((endpoint) => {
    const network = deps.catalog.get(endpoint.networkId);
    return network !== undefined && kernelNetworkOf(network)?.internal === false;
  });
  const upstreams = hasWayOut ? upstreamsOf(deps, record).map((address) => ({ address, port: 53 })) : [];
  return { id: record.id, netns: deps.backend.sandboxPath(record.id), view: { networks, upstreams } };
}
