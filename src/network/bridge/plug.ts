import { closeSync, openSync } from 'node:fs';
import { addVeth, setLink } from '../../host/netlink/requests.ts';
import type { RouteSocket } from '../../host/netlink/socket.ts';
import type { BridgeNetwork, Endpoint } from '../network.ts';
import type { Wire } from '../sandboxes/jobs.ts';
import type { BridgePorts } from './bridge-ports.ts';
import { vethName } from './names.ts';

export interface Plugging { route: RouteSocket; ports: BridgePorts; sandboxPath: string; endpoint: Endpoint; network: BridgeNetwork }

/** The host's side of an endpoint, with a pair of links that waited in the pool. */
export function plugWire({ route, ports, endpoint, network }: Plugging, wire: Wire): void {
  ports.join(route, network, { index: wire.port, name: vethName(endpoint.id) });
}

/** The same with a new pair; the container's end is named as the endpoint says. @throws HostError; the pair may be there then */
export function plugNew({ route, ports, sandboxPath, endpoint, network }: Plugging): void {
  const name = vethName(endpoint.id);
  const netnsFd = openSync(sandboxPath, 'r');
  try {
    route.run(addVeth({ name }, { name: endpoint.interface, netnsFd }));
  } finally {
    closeSync(netnsFd);
  }
  const port = route.link(name);
  if (port === undefined) throw new Error(`the link ${name} vanished while it was made`);
  route.run(setLink(port.index, { noLinkLocal: true }));
  ports.join(route, network, { index: port.index, name });
}

/** What comes to the network's port is passed on from now on, also where it is the first of its bridge. Both ends are up. */
export function settlePort({ route, ports, endpoint, network }: Plugging): void {
  const name = vethName(endpoint.id);
  route.settle(name);
  route.settle(ports.bridgeOf(name) ?? network.bridge);
}
