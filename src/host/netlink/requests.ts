import { attribute, flag, message, nested, text, u32, u8 } from './attributes.ts';
import { addressBytes, macBytes, splitPrefix } from './wire-address.ts';

/** A message and what it does, in words, for the error when the kernel refuses it. */
export interface NetlinkRequest { bytes: Buffer; what: string }

/** A link is named by its index, or by its name where the index is not known yet (the kernel looks it up at that moment). */
export type LinkName = number | string;

const type = { newLink: 16, deleteLink: 17, getLink: 18, newAddress: 20, getAddress: 22, newRoute: 24, getRoute: 26 } as const;
const ifla = { address: 1, name: 3, mtu: 4, link: 5, master: 10, linkInfo: 18, group: 27, netnsFd: 28, afSpec: 26 } as const;
const info = { kind: 1, data: 2, slaveKind: 4, slaveData: 5 } as const;
const family = { unspecified: 0, bridge: 7, ipv4: 2, ipv6: 10 } as const;
const up = 1;

export interface LinkChange {
  rename?: string;
  up?: boolean;
  mtu?: number;
  macAddress?: string;
  /** Index of the bridge to join. */
  master?: number;
  /** Interface group: which instance the link belongs to. */
  group?: number;
  /** No link-local IPv6 address is made when the link goes up. Only for a link that exists, and in a message before the one with `up`. */
  noLinkLocal?: boolean;
}

export function addBridge(name: string, options: LinkChange): NetlinkRequest {
  const kind = nested(ifla.linkInfo, text(info.kind, 'bridge'));
  return create(`add bridge ${name}`, [text(ifla.name, name), ...linkAttributes(options), kind], options);
}

export interface VethEnd extends LinkChange { name: string; netnsFd?: number }

/** Both ends at once; an end with `netnsFd` appears in that namespace. */
export function addVeth(here: VethEnd, peer: VethEnd): NetlinkRequest {
  const vethInfoPeer = 1;
  const peerPart = attribute(vethInfoPeer, Buffer.concat([linkHeader(0, peer), ...endAttributes(peer)]));
  const kind = nested(ifla.linkInfo, text(info.kind, 'veth'), nested(info.data, peerPart));
  return create(`add veth ${here.name}`, [...endAttributes(here), kind], here);
}

/** A link that shares the hardware of another one. `parent` is an index in the namespace of the socket. */
export function addMacvlan(end: VethEnd, parent: number, mode: 'private' | 'vepa' | 'bridge' | 'passthru'): NetlinkRequest {
  const bits = { private: 1, vepa: 2, bridge: 4, passthru: 8 };
  const kind = nested(ifla.linkInfo, text(info.kind, 'macvlan'), nested(info.data, u32(1, bits[mode])));
  return create(`add macvlan ${end.name}`, [...endAttributes(end), u32(ifla.link, parent), kind], end);
}

export function addVlan(name: string, options: LinkChange & { parent: number; vlan: number }): NetlinkRequest {
  const id = Buffer.alloc(2);
  id.writeUInt16LE(options.vlan);
  const kind = nested(ifla.linkInfo, text(info.kind, 'vlan'), nested(info.data, attribute(1, id)));
  return create(`add vlan ${name}`, [text(ifla.name, name), ...linkAttributes(options), u32(ifla.link, options.parent), kind], options);
}

/** A link that leads nowhere. */
export function addDummy(name: string, options: LinkChange): NetlinkRequest {
  return create(`add dummy ${name}`, [text(ifla.name, name), ...linkAttributes(options), nested(ifla.linkInfo, text(info.kind, 'dummy'))], options);
}

export function setLink(link: LinkName, change: LinkChange): NetlinkRequest {
  const body = [linkHeader(link, change), ...named(link), ...linkAttributes(change)];
  if (change.rename !== undefined) body.push(text(ifla.name, change.rename));
  return { bytes: message(type.newLink, flag.request | flag.ack, ...body), what: `set link ${link}` };
}

/**
 * Settings of a bridge's port. `isolated` ports reach the bridge itself only; `hairpin` lets a frame leave where it came in; one that is `closed` passes on nothing,
 * and the bridge forgets who was behind it.
 */
export function setBridgePort(link: LinkName, port: { isolated?: boolean; hairpin?: boolean; closed?: true }): NetlinkRequest {
  const brport = { state: 1, mode: 4, flush: 24, isolated: 33 } as const;
  const data: Buffer[] = [];
  // A port that is `disabled` or `blocking` the bridge takes into use again by itself; one that only listens it leaves alone.
  const listening = 1;
  if (port.closed === true) data.push(u8(brport.state, listening), attribute(brport.flush, Buffer.alloc(0)));
  if (port.hairpin !== undefined) data.push(u8(brport.mode, Number(port.hairpin)));
  if (port.isolated !== undefined) data.push(u8(brport.isolated, Number(port.isolated)));
  const kind = nested(ifla.linkInfo, text(info.slaveKind, 'bridge'), nested(info.slaveData, ...data));
  return { bytes: message(type.newLink, flag.request | flag.ack, linkHeader(link, {}), ...named(link), kind), what: `set bridge port ${link}` };
}

export function deleteLink(link: LinkName): NetlinkRequest {
  return { bytes: message(type.deleteLink, flag.request | flag.ack, linkHeader(link, {}), ...named(link)), what: `delete link ${link}` };
}

/** All links of an interface group at once. The kernel answers ENODEV when there is none. */
export function deleteGroup(group: number): NetlinkRequest {
  return { bytes: message(type.deleteLink, flag.request | flag.ack, linkHeader(0, {}), u32(ifla.group, group)), what: `delete links of group ${group}` };
}

/** `address` has a prefix length. IPv6 addresses are usable at once: nobody else can have them, so detection of duplicates is off. */
export function addAddress(linkIndex: number, address: string): NetlinkRequest {
  const { host, prefix } = splitPrefix(address);
  const bytes = addressBytes(host);
  const noDad = 2;
  const ipv6 = bytes.length === 16;
  const head = Buffer.from([ipv6 ? family.ipv6 : family.ipv4, prefix, ipv6 ? noDad : 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(linkIndex, 4);
  const ifa = { address: 1, local: 2, broadcast: 4 } as const;
  const body = [head, attribute(ifa.local, bytes), attribute(ifa.address, bytes)];
  if (!ipv6 && prefix < 31) body.push(attribute(ifa.broadcast, broadcastOf(bytes, prefix)));
  return { bytes: message(type.newAddress, flag.request | flag.ack | flag.create | flag.replace, ...body), what: `add address ${address}` };
}

export interface Route {
  /** With prefix length; undefined is the default route. */
  destination?: string;
  gateway?: string;
  linkIndex: number;
  /** Says which default route is meant when there is neither destination nor gateway. */
  ipv6?: boolean;
}

export function addRoute(route: Route): NetlinkRequest {
  const destination = route.destination === undefined ? undefined : splitPrefix(route.destination);
  const sample = route.gateway ?? destination?.host;
  const ipv6 = sample === undefined ? route.ipv6 === true : sample.includes(':');
  const rta = { destination: 1, outLink: 4, gateway: 5 } as const;
  const rt = { tableMain: 254, protocolBoot: 3, scopeUniverse: 0, scopeLink: 253, unicast: 1 } as const;
  const scope = route.gateway === undefined && !ipv6 ? rt.scopeLink : rt.scopeUniverse;
  const head = Buffer.from([ipv6 ? family.ipv6 : family.ipv4, destination?.prefix ?? 0, 0, 0, rt.tableMain, rt.protocolBoot, scope, rt.unicast, 0, 0, 0, 0]);
  const body = [head, u32(rta.outLink, route.linkIndex)];
  if (destination !== undefined) body.push(attribute(rta.destination, addressBytes(destination.host)));
  if (route.gateway !== undefined) body.push(attribute(rta.gateway, addressBytes(route.gateway)));
  const what = `add route ${route.destination ?? 'default'}${route.gateway === undefined ? '' : ` via ${route.gateway}`}`;
  return { bytes: message(type.newRoute, flag.request | flag.ack | flag.create | flag.replace, ...body), what };
}

/** Packets to that IPv6 address that arrive over the link are the host's own, too. Less preferred than any route that the kernel makes. */
export function addLocalRoute(address: string, linkIndex: number): NetlinkRequest {
  const rta = { destination: 1, outLink: 4, priority: 6 } as const;
  const rt = { tableLocal: 255, protocolBoot: 3, scopeUniverse: 0, local: 2 } as const;
  const head = Buffer.from([family.ipv6, 128, 0, 0, rt.tableLocal, rt.protocolBoot, rt.scopeUniverse, rt.local, 0, 0, 0, 0]);
  const body = [head, attribute(rta.destination, addressBytes(address)), u32(rta.outLink, linkIndex), u32(rta.priority, 1024)];
  return { bytes: message(type.newRoute, flag.request | flag.ack | flag.create | flag.replace, ...body), what: `add local route ${address}` };
}

export function getLink(name: string): NetlinkRequest {
  return { bytes: message(type.getLink, flag.request, linkHeader(name, {}), text(ifla.name, name)), what: `get link ${name}` };
}

/** Where the kernel would send a packet for that address. */
export function getRoute(address: string): NetlinkRequest {
  const bytes = addressBytes(address);
  const head = Buffer.alloc(12);
  head[0] = bytes.length === 16 ? family.ipv6 : family.ipv4;
  head[1] = bytes.length * 8;
  return { bytes: message(type.getRoute, flag.request, head, attribute(1, bytes)), what: `get route to ${address}` };
}

export function dump(table: 'links' | 'addresses' | 'routes'): NetlinkRequest {
  const [kind, length] = { links: [type.getLink, 16], addresses: [type.getAddress, 8], routes: [type.getRoute, 12] }[table] as [number, number];
  return { bytes: message(kind, flag.request | flag.dump, Buffer.alloc(length)), what: `list ${table}` };
}

function create(what: string, attributes: Buffer[], change: LinkChange): NetlinkRequest {
  const flags = flag.request | flag.ack | flag.create | flag.exclusive;
  return { bytes: message(type.newLink, flags, linkHeader(0, change), ...attributes), what };
}

function endAttributes(end: VethEnd): Buffer[] {
  const attributes = [text(ifla.name, end.name), ...linkAttributes(end)];
  if (end.netnsFd !== undefined) attributes.push(u32(ifla.netnsFd, end.netnsFd));
  return attributes;
}

function linkAttributes(change: LinkChange): Buffer[] {
  const attributes: Buffer[] = [];
  if (change.macAddress !== undefined) attributes.push(attribute(ifla.address, macBytes(change.macAddress)));
  if (change.mtu !== undefined) attributes.push(u32(ifla.mtu, change.mtu));
  if (change.master !== undefined) attributes.push(u32(ifla.master, change.master));
  if (change.group !== undefined) attributes.push(u32(ifla.group, change.group));
  if (change.noLinkLocal === true) {
    const addressGenerationMode = 8;
    const none = 1;
    attributes.push(nested(ifla.afSpec, nested(family.ipv6, u8(addressGenerationMode, none))));
  }
  return attributes;
}

function linkHeader(link: LinkName, change: LinkChange): Buffer {
  const head = Buffer.alloc(16);
  if (typeof link === 'number') head.writeInt32LE(link, 4);
  if (change.up !== undefined) {
    head.writeUInt32LE(change.up ? up : 0, 8);
    head.writeUInt32LE(up, 12);
  }
  return head;
}

function named(link: LinkName): Buffer[] {
  return typeof link === 'number' ? [] : [text(ifla.name, link)];
}

function broadcastOf(address: Buffer, prefix: number): Buffer {
  const hostMask = prefix === 0 ? 0xffffffff : (2 ** (32 - prefix) - 1) >>> 0;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((address.readUInt32BE(0) | hostMask) >>> 0);
  return bytes;
}
