import { closeSync, openSync } from 'node:fs';
import { withNetns } from '../../host/namespaces.ts';
import { addAddress, addRoute, addVeth, setBridgePort, setLink, type NetlinkRequest } from '../../host/netlink/requests.ts';
import { RouteSocket } from '../../host/netlink/socket.ts';
import { readSysctl, writeSysctl } from '../../host/sysctl.ts';
import type { Endpoint } from '../network.ts';
import { vethName } from './names.ts';

/** Makes the veth pair, joins it to the bridge and configures the container's end. @throws HostError; the pair may be there then */
export function plug(route: RouteSocket, sandboxPath: string, endpoint: Endpoint, group: number): void {
  const name = vethName(endpoint.id);
  const { network } = endpoint;
  const bridge = route.link(network.bridge);
  if (bridge === undefined) throw new Error(`the bridge ${network.bridge} of the network is not there`);
  const netnsFd = openSync(sandboxPath, 'r');
  try {
    route.run(addVeth(
      { name, mtu: network.mtu, group },
      { name: endpoint.interface, mtu: network.mtu, macAddress: endpoint.macAddress, netnsFd },
    ));
  } finally {
    closeSync(netnsFd);
  }
  const port = route.link(name);
  if (port === undefined) throw new Error(`the link ${name} vanished while it was made`);
  withNetns(sandboxPath, () => configureInside(endpoint));
  route.run(
    setLink(port.index, { noLinkLocal: true }),
    setLink(port.index, { master: bridge.index, up: true }),
    setBridgePort(port.index, { isolated: !network.icc, hairpin: bridgedPacketsAreTranslated() }),
  );
}

/**
 * With br_netfilter the kernel translates packets while it bridges them: one from a container to its own published port then leaves where
 * it came in. Without it such packets are routed, and hairpin would only reflect broadcasts.
 */
function bridgedPacketsAreTranslated(): boolean {
  return readSysctl('net/bridge/bridge-nf-call-iptables') === '1';
}

function configureInside(endpoint: Endpoint): void {
  using route = new RouteSocket();
  const link = route.link(endpoint.interface);
  if (link === undefined) throw new Error(`the link ${endpoint.interface} is not in the sandbox`);
  if (endpoint.ipv6 !== undefined) writeSysctl(`net/ipv6/conf/${endpoint.interface}/disable_ipv6`, '0');
  const requests: NetlinkRequest[] = [setLink(link.index, { up: true })];
  for (const address of [endpoint.ipv4, endpoint.ipv6]) {
    if (address !== undefined) requests.push(addAddress(link.index, address));
  }
  if (endpoint.defaultRoute && !endpoint.network.internal) requests.push(...defaultRoutes(endpoint, link.index));
  route.run(...requests);
}

/** Leads the default route of the sandbox over an endpoint that is there, known by its hardware address. */
export function takeGateway(sandboxPath: string, endpoint: Endpoint): void {
  withNetns(sandboxPath, () => {
    using route = new RouteSocket();
    const link = route.links().find((each) => each.macAddress === endpoint.macAddress.toLowerCase());
    if (link === undefined) throw new Error(`no link of the sandbox has the address ${endpoint.macAddress}`);
    route.run(...defaultRoutes(endpoint, link.index));
  });
}

function defaultRoutes(endpoint: Endpoint, linkIndex: number): NetlinkRequest[] {
  const { ipv4, ipv6 } = endpoint.network;
  const routes: NetlinkRequest[] = [];
  if (endpoint.ipv4 !== undefined && ipv4 !== undefined) routes.push(addRoute({ gateway: ipv4.gateway, linkIndex }));
  if (endpoint.ipv6 !== undefined && ipv6 !== undefined) routes.push(addRoute({ gateway: ipv6.gateway, linkIndex }));
  return routes;
}
