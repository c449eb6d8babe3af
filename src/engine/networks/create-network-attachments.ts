import type { NetworkAttachments } from '../containers/ports.ts';
import type { ContainerRecord, EndpointRecord } from '../containers/record.ts';
import { announce, dnsNamesOf, withdraw } from './container-names.ts';
import { containerFiles } from './container-files.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { attachEndpoint, detachEndpoint, gatewayName, interfaceNames, otherRoute } from './endpoints.ts';
import { checkLinks, linkEnvironment, linkedContainers, linksById, linksWithout, shownLinks, type LinkedContainer } from './links.ts';
import { networkEvent } from './network-event.ts';
import { planEndpoints, settledEndpoints } from './plan-endpoints.ts';

/** How containers come onto networks and off them. */
export function createNetworkAttachments(deps: NetworkDeps): NetworkAttachments {
  return {
    plan: (request) => {
      checkLinks(deps, request.hostConfig.links ?? []);
      return planEndpoints(deps.catalog, request);
    },
    sandbox: async (containerId) => (await deps.backend.createSandbox(containerId, { wired: startsOnBridge(deps, containerId) })).path,
    sandboxPath: (containerId) => deps.backend.sandboxPath(containerId),
    attach: (record) => attachAll(deps, record),
    detach: (record) => detachAll(deps, record),
    forget: async (record) => void (await detachAll(deps, record)),
    report: (record, what) => report(deps, record, what),
    files: (record) => containerFiles(deps, record),
    linksById: (links) => linksById(deps, links),
    linksWithout,
    links: (record) => (record.endpoints['bridge'] === undefined ? [] : shownLinks(deps, record)),
    environment: (record) => linkEnvironment(record.name, defaultLinks(deps, record)),
    renamed: (record) => renamed(deps, record),
  };
}

/** Links of a container on the default bridge; on other networks they are names. */
function defaultLinks(deps: NetworkDeps, record: ContainerRecord): LinkedContainer[] {
  return record.endpoints['bridge'] === undefined ? [] : linkedContainers(deps, record);
}

/** Its first endpoint is on a bridge. */
function startsOnBridge(deps: NetworkDeps, containerId: string): boolean {
  const [first] = Object.values(deps.containers.get(containerId)?.endpoints ?? {});
  return first !== undefined && deps.catalog.get(first.networkId)?.bridge !== undefined;
}

async function attachAll(deps: NetworkDeps, asked: ContainerRecord): Promise<Record<string, EndpointRecord>> {
  const record = { ...asked, endpoints: settledEndpoints(deps.catalog, asked) };
  const gateway = gatewayName(deps, record.endpoints);
  const other = otherRoute(deps, record.endpoints);
  const interfaces = interfaceNames(deps, record.endpoints);
  const attached: Record<string, EndpointRecord> = {};
  try {
    for (const name of Object.keys(record.endpoints)) {
      const place = { interface: interfaces[name] ?? '', gateway: name === gateway, ...(name === other?.name && { routes: other.family }) };
      attached[name] = await attachEndpoint(deps, record, name, place);
    }
    await announce(deps, { ...record, endpoints: attached });
  } catch (error) {
    await detachAll(deps, { ...record, endpoints: attached });
    throw error;
  }
  return attached;
}

/** The namespace goes with everything in it, in the background. */
async function detachAll(deps: NetworkDeps, record: ContainerRecord): Promise<Record<string, EndpointRecord>> {
  await withdraw(deps, record);
  const resting: Record<string, EndpointRecord> = {};
  for (const name of Object.keys(record.endpoints)) {
    const endpoint = await detachEndpoint(deps, record, name, { live: false });
    if (endpoint !== undefined) resting[name] = endpoint;
  }
  await deps.backend.removeSandbox(record.id);
  return resting;
}

function report(deps: NetworkDeps, { id, endpoints }: ContainerRecord, what: 'connect' | 'disconnect'): void {
  for (const { networkId } of Object.values(endpoints)) {
    const network = deps.catalog.get(networkId);
    if (network !== undefined) networkEvent(deps.events, network, what, { container: id });
  }
}

/** Called under the container's lock, after its record has the new name. */
async function renamed(deps: NetworkDeps, record: ContainerRecord): Promise<void> {
  const endpoints = Object.fromEntries(Object.entries(record.endpoints).map(([name, endpoint]) => {
    const network = deps.catalog.get(endpoint.networkId);
    return [name, network === undefined ? endpoint : { ...endpoint, dnsNames: dnsNamesOf(network, { ...record, hostname: record.config.hostname ?? '' }, endpoint.request.aliases) }];
  }));
  const saved = deps.containers.save({ ...record, endpoints }, { durable: true });
  if (isLive(saved)) await announce(deps, saved);
}
