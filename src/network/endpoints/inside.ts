import { existsSync } from 'node:fs';
import { GantryError, messageOf } from '../../base/errors.ts';
import { withNetns } from '../../host/namespaces.ts';
import { addAddress, addRoute, deleteLink, setLink, type NetlinkRequest } from '../../host/netlink/requests.ts';
import { RouteSocket } from '../../host/netlink/socket.ts';
import { readSysctl, writeSysctl } from '../../host/sysctl.ts';
import type { Endpoint } from '../network.ts';
import type { Wire } from '../sandboxes/jobs.ts';
import { wayTo } from '../addresses/way.ts';

/** A socket in the namespace: what is asked of it needs no setns. */
export function openInside(sandboxPath: string): RouteSocket {
  return withNetns(sandboxPath, () => new RouteSocket() as never) as RouteSocket;
}

/** Configures the container's end of its links: name, hardware address, addresses, routes. @param wire the one that waited; without it the link has its name already */
export function configureLink(inside: RouteSocket, { sandboxPath, endpoint, wire }: { sandboxPath: string; endpoint: Endpoint; wire?: Wire }): void {
  const link = wire?.link ?? inside.link(endpoint.interface)?.index;
  if (link === undefined) throw new Error(`the link ${endpoint.interface} is not in the sandbox`);
  const { macAddress, network: { mtu } } = endpoint;
  inside.run(setLink(link, { ...(wire !== undefined && endpoint.interface !== 'eth0' && { rename: endpoint.interface }), macAddress, mtu }));
  if (needsSettings(endpoint)) withNetns(sandboxPath, () => applySettings(endpoint));
  inside.run(...bringUp(endpoint, link));
}

/** The link carries packets once this has resolved, and whoever sends to its addresses finds them. */
export async function settleLink(inside: RouteSocket, endpoint: Endpoint): Promise<void> {
  inside.settle(endpoint.interface);
  if (endpoint.ipv6 !== undefined) await wayTo(inside, endpoint.ipv6);
}

/** Removes the link with that hardware address; nothing happens when it is gone, or its namespace. */
export function removeInside(sandboxPath: string, macAddress: string): void {
  if (!existsSync(sandboxPath)) return;
  using inside = openInside(sandboxPath);
  const link = inside.links().find((each) => each.macAddress === macAddress.toLowerCase());
  if (link !== undefined) inside.run(deleteLink(link.index));
}

/** Leads the default route of the sandbox over an endpoint that is there, known by its hardware address. */
export function takeGateway(sandboxPath: string, endpoint: Endpoint): void {
  withNetns(sandboxPath, () => {
    using inside = new RouteSocket();
    const link = inside.links().find((each) => each.macAddress === endpoint.macAddress.toLowerCase());
    if (link === undefined) throw new Error(`no link of the sandbox has the address ${endpoint.macAddress}`);
    inside.run(...defaultRoutes(endpoint, link.index));
  });
}

function needsSettings(endpoint: Endpoint): boolean {
  return endpoint.ipv6 !== undefined || endpoint.sysctls !== undefined || (endpoint.linkLocal ?? []).some((address) => address.includes(':'));
}

function applySettings(endpoint: Endpoint): void {
  const name = endpoint.interface;
  if (endpoint.ipv6 !== undefined || (endpoint.linkLocal ?? []).some((address) => address.includes(':'))) writeSysctl(`net/ipv6/conf/${name}/disable_ipv6`, '0');
  for (const [path, value] of Object.entries(endpoint.sysctls ?? {})) {
    const setting = path.replace('IFNAME', name);
    if (readSysctl(setting) === undefined) throw new GantryError('invalid', `the setting ${setting} does not exist`);
    try {
      writeSysctl(setting, value);
    } catch (error) {
      throw new GantryError('invalid', `the setting ${setting} cannot be ${value}: ${messageOf(error)}`, { cause: error });
    }
  }
}

function bringUp(endpoint: Endpoint, link: number): NetlinkRequest[] {
  const requests: NetlinkRequest[] = [setLink(link, { up: true })];
  for (const address of [endpoint.ipv4, endpoint.ipv6, ...(endpoint.linkLocal ?? [])]) {
    if (address !== undefined) requests.push(addAddress(link, address));
  }
  if (endpoint.defaultRoute && !endpoint.network.internal) requests.push(...defaultRoutes(endpoint, link));
  return requests;
}

function defaultRoutes(endpoint: Endpoint, linkIndex: number): NetlinkRequest[] {
  const { ipv4, ipv6 } = endpoint.network;
  const routes: NetlinkRequest[] = [];
  const isWanted = (family: 'ipv4' | 'ipv6'): boolean => endpoint[family] !== undefined && (endpoint.defaultRoute === true || endpoint.defaultRoute === family);
  if (isWanted('ipv4') && ipv4?.gateway !== undefined) routes.push(addRoute({ gateway: ipv4.gateway, linkIndex }));
  if (isWanted('ipv6') && ipv6?.gateway !== undefined) routes.push(addRoute({ gateway: ipv6.gateway, linkIndex }));
  return routes;
}
