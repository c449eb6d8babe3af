import { now } from '../../base/clock.ts';
import type { Endpoint } from '../../network/network.ts';
import { relayedPorts } from '../../network/relay/relayed-port.ts';
import { namedEndpoints, nameOf, servedSandbox } from './container-names.ts';
import { missingDefaults } from './default-networks.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { gatewayName, interfaceNames, kernelEndpoint } from './endpoints.ts';
import { kernelNetworkOf } from './kernel-network.ts';

/**
 * At the daemon's start, after the states of containers are known: makes the default networks that are missing, gives back addresses
 * and ports nobody has, and makes the kernel look like the records.
 */
export async function restoreNetworks(deps: NetworkDeps): Promise<void> {
  const present = deps.catalog.all();
  const subnets = present.flatMap((network) => network.ipam.config.map((pool) => pool.subnet ?? ''));
  const usedSubnets = [...deps.backend.usedSubnets(), ...subnets];
  for (const record of missingDefaults(present, { instanceId: deps.instanceId, usedSubnets, createdAt: now() })) deps.catalog.save(record);
  const live = deps.containers.all().filter(isLive);
  deps.addresses.sweep(new Set(live.map((record) => record.id)));
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
  await deps.resolver.restore({
    endpoints: live.flatMap((record) => namedEndpoints(deps, record).map(({ network, endpoint }) => nameOf(record, network, endpoint))),
    sandboxes: live.filter((record) => namedEndpoints(deps, record).length > 0).map((record) => servedSandbox(deps, record)),
    relayed: live.flatMap((record) => Object.values(record.endpoints)).flatMap(relayedPorts),
    descriptorOf: (port) => deps.ports.descriptorOf(port),
  });
}
