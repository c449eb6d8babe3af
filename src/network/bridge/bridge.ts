import { errnoOf } from '../../base/errors.ts';
import type { RouteSocket } from '../../host/netlink/socket.ts';
import { addAddress, addLocalRoute, addBridge, deleteGroup, setLink } from '../../host/netlink/requests.ts';
import { writeSysctl } from '../../host/sysctl.ts';
import { bridgeMac } from './names.ts';
import type { BridgeNetwork } from '../network.ts';

/** Makes the bridge, or completes one that is there: address, up, settings. Returns its index. @throws HostError */
export function ensureBridge(route: RouteSocket, network: BridgeNetwork, group: number): number {
  if (route.link(network.bridge) === undefined) route.run(addBridge(network.bridge, { mtu: network.mtu, macAddress: bridgeMac(network.bridge), group }));
  const link = route.link(network.bridge);
  if (link === undefined) throw new Error(`the bridge ${network.bridge} vanished while it was made`);
  if (link.kind !== 'bridge' || link.group !== group) throw new Error(`a link named ${network.bridge} exists and is not ours`);
  const name = network.bridge;
  writeSysctl(`net/ipv6/conf/${name}/disable_ipv6`, network.ipv6 === undefined ? '1' : '0');
  // Nobody else has its hardware address: what the kernel asks the neighbours with need not wait a second for a duplicate.
  if (network.ipv6 !== undefined) writeSysctl(`net/ipv6/conf/${name}/accept_dad`, '0');
  route.run(setLink(link.index, { up: true }), ...gatewayAddresses(network).map((address) => addAddress(link.index, address)));
  // Published ports at localhost arrive with a source of 127.0.0.1; the ruleset keeps containers from using it.
  writeSysctl(`net/ipv4/conf/${name}/route_localnet`, '1');
  if (network.ipv6 !== undefined) {
    writeSysctl(`net/ipv6/conf/${name}/accept_ra`, '0');
    // The same for ::1: answers are translated back to it, and the kernel wants a route over the link on which they come.
    route.run(addLocalRoute('::1', link.index));
  }
  return link.index;
}

/** Slow in the kernel, about 20 ms for one or for many: call it from a worker. @param leaving interface group that they join for it */
export function removeLinks(route: RouteSocket, names: string[], leaving: number): void {
  for (const name of names) expectGone(route.tryAll([setLink(name, { group: leaving })])[0]);
  removeGroup(route, leaving);
}

/** The same for all links of a group. */
export function removeGroup(route: RouteSocket, group: number): void {
  expectGone(route.tryAll([deleteGroup(group)])[0]);
}

/** A link may go by itself. */
function expectGone(failure: unknown): void {
  if (failure !== undefined && errnoOf(failure) !== 'ENODEV') throw failure;
}

/** Those that the bridge has on the host, with prefix length. */
export function gatewayAddresses(network: BridgeNetwork): string[] {
  const { inhibitIpv4 = false, gatewayModes: { ipv4, ipv6 } = {} } = network;
  return [inhibitIpv4 || ipv4 === 'isolated' ? undefined : network.ipv4, ipv6 === 'isolated' ? undefined : network.ipv6]
    .flatMap((pool) => (pool?.gateway === undefined ? [] : [`${pool.gateway}/${pool.subnet.split('/')[1]}`]));
}
