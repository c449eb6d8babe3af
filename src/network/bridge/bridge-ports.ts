import { errnoOf } from '../../base/errors.ts';
import { addBridge, addVeth, setBridgePort, setLink } from '../../host/netlink/requests.ts';
import type { RouteSocket } from '../../host/netlink/socket.ts';
import { writeSysctl } from '../../host/sysctl.ts';
import type { BridgeNetwork } from '../network.ts';
import { bridgedTranslation, portSettings, type BridgedTranslation } from './bridged-translation.ts';
import { bridgeMac, shardKeyOf, shardNames } from './names.ts';

/** Linux gives a bridge 1,023 ports. What the first bridge does not use for containers is for the links to the further ones. */
export interface PortLimits { first: number; further: number }
const usualLimits: PortLimits = { first: 900, further: 1000 };
const shards = 64;

/**
 * Which ports the bridges of this instance have. A network with more containers than a bridge has ports gets further bridges without
 * addresses, each joined to the first by a pair of links: one network to everybody on it. The counts are what this daemon knows; the
 * kernel, which lets ports go a little later, has the last word.
 */
export class BridgePorts {
  readonly #group: number;
  readonly #limits: PortLimits;
  /** The bridge of each port, both by name. */
  readonly #bridgeOf = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #ensured = new Set<string>();
  /** What the settings of the ports were made for. */
  #translation: BridgedTranslation | undefined;

  /** @param group interface group of the instance's links */
  constructor(group: number, limits: PortLimits = usualLimits) {
    this.#group = group;
    this.#limits = limits;
  }

  get size(): number {
    return this.#bridgeOf.size;
  }

  /** Forgets what it knew and counts what is there. */
  load(route: RouteSocket): void {
    this.#bridgeOf.clear();
    this.#counts.clear();
    this.#ensured.clear();
    this.#translation = undefined;
    const links = route.links();
    const names = new Map(links.map(({ index, name }) => [index, name]));
    for (const { name, master, group } of links) {
      const bridge = names.get(master);
      if (group === this.#group && bridge !== undefined) this.#add(name, bridge);
    }
  }

  /** Gives the link its name and makes it an active port of the network. @throws HostError, also when 64,000 are there */
  join(route: RouteSocket, network: BridgeNetwork, port: { index: number; name: string }): void {
    const translation = bridgedTranslation();
    for (let shard = 0; shard <= shards; shard++) {
      const bridge = shard === 0 ? network.bridge : shardNames(network.bridge, shard).bridge;
      if ((this.#counts.get(bridge) ?? 0) >= (shard === 0 ? this.#limits.first : this.#limits.further)) continue;
      const master = shard === 0 ? route.link(bridge)?.index : this.#ensureShard(route, network, shard);
      if (master === undefined) throw new Error(`the bridge ${bridge} of the network is not there`);
      const [join, settings] = route.tryAll([
        setLink(port.index, { rename: port.name, group: this.#group, mtu: network.mtu, master, up: true }),
        setBridgePort(port.index, portSettings(translation, { icc: network.icc, further: shard > 0 })),
      ]);
      if (join !== undefined && errnoOf(join) === 'EXFULL') continue;
      if (join !== undefined || settings !== undefined) throw join ?? settings;
      this.#add(port.name, bridge);
      return;
    }
    throw new Error(`the network of bridge ${network.bridge} has no port left`);
  }

  /** Settings of all ports, when the kernel treats bridged packets otherwise than when they were plugged. */
  adjust(route: RouteSocket, networks: readonly BridgeNetwork[]): void {
    const translation = bridgedTranslation();
    if (this.#translation?.ipv4 === translation.ipv4 && this.#translation.filtered === translation.filtered) return;
    const icc = new Map(networks.map((network) => [network.bridge, network.icc]));
    const links = route.links();
    const names = new Map(links.map(({ index, name }) => [index, name]));
    for (const { index, name, group, master } of links) {
      const open = icc.get(names.get(master) ?? '');
      if (group !== this.#group || open === undefined) continue;
      const { isolated, hairpin } = portSettings(translation, { icc: open, further: false });
      const [failure] = route.tryAll([setBridgePort(index, shardKeyOf(name) === undefined ? { isolated, hairpin } : { isolated })]);
      // It may have left meanwhile.
      if (failure !== undefined && route.link(name)?.master === master) throw failure;
    }
    this.#translation = translation;
  }

  /** The name of the bridge on which a port is. */
  bridgeOf(port: string): string | undefined {
    return this.#bridgeOf.get(port);
  }

  leave(port: string): void {
    const bridge = this.#bridgeOf.get(port);
    if (bridge === undefined) return;
    this.#bridgeOf.delete(port);
    this.#counts.set(bridge, (this.#counts.get(bridge) ?? 1) - 1);
  }

  #add(port: string, bridge: string): void {
    this.#bridgeOf.set(port, bridge);
    this.#counts.set(bridge, (this.#counts.get(bridge) ?? 0) + 1);
  }

  /** Makes or completes a further bridge and its link to the first. Isolation is between ports of one bridge: the link is isolated above. */
  #ensureShard(route: RouteSocket, network: BridgeNetwork, number: number): number {
    const { bridge, top, bottom } = shardNames(network.bridge, number);
    const { mtu } = network;
    const group = this.#group;
    if (route.link(bridge) === undefined) {
      route.run(addBridge(bridge, { mtu, macAddress: bridgeMac(bridge), group }));
      this.#ensured.delete(bridge);
    }
    const made = route.link(bridge);
    if (made === undefined || made.group !== group) throw new Error(`a link named ${bridge} exists and is not ours`);
    if (this.#ensured.has(bridge)) return made.index;
    writeSysctl(`net/ipv6/conf/${bridge}/disable_ipv6`, '1');
    if (route.link(top) === undefined) route.run(addVeth({ name: top, mtu, group }, { name: bottom, mtu, group }));
    const [first, up, down] = [network.bridge, top, bottom].map((name) => route.link(name)?.index) as [number, number, number];
    route.run(
      setLink(made.index, { up: true }),
      setLink(up, { noLinkLocal: true }), setLink(down, { noLinkLocal: true }),
      setLink(up, { master: first, up: true }), setLink(down, { master: made.index, up: true }),
      setBridgePort(up, { isolated: portSettings(bridgedTranslation(), { icc: network.icc, further: false }).isolated }),
    );
    for (const link of [top, bottom, network.bridge, bridge]) route.settle(link);
    this.#ensured.add(bridge);
    return made.index;
  }
}
