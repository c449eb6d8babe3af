import { now } from '../../base/clock.ts';
import { GantryError } from '../../base/errors.ts';
import { inChoosingTurn } from '../../network/addresses/choosing-turn.ts';
import { parseSubnet, subnetsOverlap } from '../../network/addresses/subnet.ts';
import type { Endpoint } from '../../network/network.ts';
import { relayedPorts } from '../../network/relay/relayed-port.ts';
import { namedEndpoints, nameOf, servedSandbox } from './container-names.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { asSettled, missingDefaults, withFreeSubnet } from './default-networks.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { gatewayName, interfaceNames, kernelEndpoint } from './endpoints.ts';
import { kernelNetworkOf, poolOf } from './kernel-network.ts';
import type { NetworkRecord } from './verbs.ts';

/**
 * At the daemon's start, after the states of containers are known: makes the default networks that are missing, gives back addresses
 * and ports nobody has, and makes the kernel look like the records.
 */
export async function restoreNetworks(deps: NetworkDeps): Promise<void> {
  const live = deps.containers.all().filter(isLive);
  await inChoosingTurn(() => restoreKernel(deps, live));
  await deps.resolver.restore({
    endpoints: live.flatMap((record) => namedEndpoints(deps, record).map(({ network, endpoint }) => nameOf(record, network, endpoint))),
    sandboxes: live.filter((record) => namedEndpoints(deps, record).length > 0).map((record) => servedSandbox(deps, record)),
    relayed: live.flatMap((record) => Object.values(record.endpoints)).flatMap(relayedPorts),
    descriptorOf: (port) => deps.ports.descriptorOf(port),
  });
}

async function restoreKernel(deps: NetworkDeps, live: readonly ContainerRecord[]): Promise<void> {
  const present = deps.catalog.all();
  const subnets = present.flatMap((network) => network.ipam.config.map((pool) => pool.subnet ?? ''));
  const usedSubnets = [...deps.backend.usedSubnets(), ...subnets];
  for (const record of missingDefaults(present, { instanceId: deps.instanceId, usedSubnets, createdAt: now(), settings: deps.settings })) deps.catalog.save(record);
  await settleDefaultBridge(deps, live);
  deps.addresses.sweep(live.flatMap(({ id, endpoints }) => Object.values(endpoints).flatMap(({ networkId, ipv4, ipv6 }) => (
    [ipv4, ipv6].filter((address) => address !== undefined).map((address) => ({ networkId, address: address.split('/')[0] ?? '', owner: id }))))));
  const endpoints = live.flatMap((record) => {
    const gateway = gatewayName(deps, record.endpoints);
    const interfaces = interfaceNames(deps, record.endpoints);
    return Object.entries(record.endpoints).map(([name, endpoint]): Endpoint | undefined => {
      deps.ports.claim(endpoint.ports);
      const network = deps.catalog.get(endpoint.networkId);
      const kernelNetwork = network === undefined ? undefined : kernelNetworkOf(network);
      return kernelNetwork && kernelEndpoint(kernelNetwork, endpoint, { interface: interfaces[name] ?? '', gateway: name === gateway });
    });
  });
  await deps.backend.prepare({
    networks: deps.catalog.all().map(kernelNetworkOf).filter((network) => network !== undefined),
    endpoints: endpoints.filter((endpoint) => endpoint !== undefined),
    sandboxes: live.map((record) => record.id),
  });
}

/** Its bridge is made anew when the owner wants it otherwise, or its subnet is somebody else's now, and nobody is on it. */
async function settleDefaultBridge(deps: NetworkDeps, live: readonly ContainerRecord[]): Promise<void> {
  const record = deps.catalog.byName('bridge');
  if (record === undefined) return;
  const others = deps.catalog.all().filter((network) => network.id !== record.id && !network.configOnly).flatMap((network) => network.ipam.config.map((pool) => pool.subnet ?? ''));
  const isInUse = live.some(({ endpoints }) => endpoints['bridge'] !== undefined);
  const placed = isInUse ? record : withFreeSubnet(record, { usedSubnets: [...deps.backend.usedSubnets(record.bridge), ...others], settings: deps.settings });
  const settled = asSettled(placed, deps.settings);
  if (settled === record) return;
  if (isInUse) {
    deps.log.warn('the default bridge is not as the settings want it while containers are on it; the next start of the daemon without them changes it');
    return;
  }
  if (placed !== record) deps.log.warn('the default bridge has another subnet now: its own is taken', { before: poolOf(record, 4)?.subnet, now: poolOf(settled, 4)?.subnet });
  for (const pool of settled.ipam.config) checkFree(deps, record, pool.subnet ?? '');
  const before = kernelNetworkOf(record);
  if (before !== undefined) await deps.backend.removeNetwork(before);
  deps.catalog.save(settled);
}

function checkFree(deps: NetworkDeps, bridge: NetworkRecord, text: string): void {
  const overlaps = (other: string): boolean => {
    const [one, two] = [parseSubnet(text), parseSubnet(other)];
    return one !== undefined && two !== undefined && subnetsOverlap(one, two);
  };
  const other = deps.catalog.all().find((network) => network.id !== bridge.id && !network.configOnly && network.ipam.config.some((pool) => overlaps(pool.subnet ?? '')));
  if (other !== undefined) throw new GantryError('invalid', `the default bridge cannot have the subnet ${text}: the network ${other.name} overlaps with it`);
}
