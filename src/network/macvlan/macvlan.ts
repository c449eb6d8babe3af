import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, GantryError } from '../../base/errors.ts';
import { addDummy, addMacvlan, addVlan, setLink } from '../../host/netlink/requests.ts';
import type { RouteSocket } from '../../host/netlink/socket.ts';
import type { Endpoint, MacvlanNetwork } from '../network.ts';

const hint = 'List the links of the host: ip link';

/** Makes the parent link of a macvlan network when it is one that the engine makes. @throws GantryError invalid when it is the host's and is not there */
export function ensureParent(route: RouteSocket, network: MacvlanNetwork, group: number): void {
  const { link: name, make } = network.parent;
  if (route.link(name) === undefined) {
    if (make === undefined) throw new GantryError('invalid', `invalid subinterface vlan name ${name}, example formatting is eth0.10`, { hint });
    makeParent(route, network, group);
  }
  route.run(setLink(name, { up: true }));
}

function makeParent(route: RouteSocket, { parent: { link, make }, mtu }: MacvlanNetwork, group: number): void {
  if (make === undefined) return;
  const below = make === 'dummy' ? undefined : route.link(make.of);
  if (make !== 'dummy' && below === undefined) throw missing(make.of);
  if (make !== 'dummy' && (make.vlan < 1 || make.vlan > 4094)) throw new GantryError('invalid', `vlan id must be between 1-4094, received: ${make.vlan}`);
  try {
    route.run(make === 'dummy' ? addDummy(link, { group, mtu }) : addVlan(link, { group, parent: below?.index ?? 0, vlan: make.vlan }));
  } catch (error) {
    if (errnoOf(error) !== 'EOPNOTSUPP') throw error;
    const kind = make === 'dummy' ? 'dummy' : 'vlan';
    throw new GantryError('invalid', `this kernel has no ${kind} links, which ${link} would be`, { cause: error, hint: `Load the module: modprobe ${kind === 'vlan' ? '8021q' : 'dummy'}, or name a parent: -o parent=eth0` });
  }
}

/** The container's link, made in its namespace. */
export function plugMacvlan(route: RouteSocket, sandboxPath: string, endpoint: Endpoint, network: MacvlanNetwork): void {
  const parent = route.link(network.parent.link);
  if (parent === undefined) throw missing(network.parent.link);
  const netnsFd = openSync(sandboxPath, 'r');
  try {
    route.run(addMacvlan({ name: endpoint.interface, netnsFd }, parent.index, network.mode));
  } finally {
    closeSync(netnsFd);
  }
}

const pauseMs = 20;
const mostPauses = 250;

/**
 * A container that has just ended, without a daemon, has its hardware address for some time still: the kernel takes the links of a namespace away in a worker of
 * its own. @throws HostError EADDRINUSE or EBUSY when somebody keeps it for five seconds
 */
export async function onceItsAddressIsFree(configure: () => void): Promise<void> {
  for (let pauses = 0; ; pauses++) {
    try {
      return configure();
    } catch (error) {
      if (!['EADDRINUSE', 'EBUSY'].includes(errnoOf(error) ?? '') || pauses === mostPauses) throw error;
      await delay(pauseMs);
    }
  }
}

function missing(link: string): GantryError {
  return new GantryError('invalid', `-o parent interface was not found on the host: ${link}`, { hint });
}
