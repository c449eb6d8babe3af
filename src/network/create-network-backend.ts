import { join } from 'node:path';
import { errnoOf, GantryError, isGantryError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { legacyForwardPolicy } from '../host/iptables-legacy.ts';
import { withNetns } from '../host/namespaces.ts';
import { setBridgePort } from '../host/netlink/requests.ts';
import { RouteSocket } from '../host/netlink/socket.ts';
import { wayTo } from './addresses/way.ts';
import { ensureBridge, gatewayAddresses } from './bridge/bridge.ts';
import { BridgePorts, type PortLimits } from './bridge/bridge-ports.ts';
import { enableForwarding } from './bridge/forwarding.ts';
import { bridgePrefix, leavingGroup, linkGroup, shardKey, shardKeyOf, vethName, wireGroup } from './bridge/names.ts';
import { makeRoomForNeighbours } from './bridge/neighbours.ts';
import { plugNew, plugWire, settlePort, type Plugging } from './bridge/plug.ts';
import { configureLink, openInside, removeInside, settleLink, takeGateway } from './endpoints/inside.ts';
import { Firewall } from './firewall/firewall.ts';
import { letThrough } from './firewall/let-through.ts';
import { Loopback } from './loopback/loopback.ts';
import { ensureParent, onceItsAddressIsFree, plugMacvlan } from './macvlan/macvlan.ts';
import { isMacvlan, type BridgeNetwork, type Endpoint, type Network, type NetworkBackend, type Sandbox } from './network.ts';
import type { HostPort } from './ports/reserve.ts';
import type { Wire } from './sandboxes/jobs.ts';
import { Sandboxes } from './sandboxes/sandboxes.ts';
import { SandboxWorker } from './sandboxes/worker-client.ts';

export interface NetworkBackendOptions {
  instanceId: string;
  /** The engine's folder: once it is removed, other engines take what it left in the firewall for nobody's. */
  root?: string;
  /** On a tmpfs, e.g. /run/gantry. Namespaces are bound below `netns/`. */
  runDirectory: string;
  log: Log;
  /** Namespaces kept ready. */
  poolSize?: number;
  /** How long as many are kept as a burst took. */
  poolKeptMs?: number;
  /** How often the ruleset is looked after: one question to the kernel while nobody else changes any. */
  repairMs?: number;
  /** How many ports of a bridge are used before a network gets a further one. */
  portLimits?: PortLimits;
}

/** The kernel side of networks, in the network namespace of the calling thread. */
export function createNetworkBackend(options: NetworkBackendOptions): NetworkBackend {
  return new KernelNetworks(options);
}

class KernelNetworks implements NetworkBackend {
  readonly #log: Log;
  readonly #runDirectory: string;
  readonly #group: number;
  readonly #leaving: number;
  readonly #worker = new SandboxWorker();
  readonly #sandboxes: Sandboxes;
  readonly #firewall: Firewall;
  readonly #loopback: Loopback;
  readonly #ports: BridgePorts;
  readonly #removals = new Set<Promise<void>>();
  /** How many ports the limits of the host have room for. */
  #room = 0;
  readonly #repairMs: number;
  #socket: RouteSocket | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor({ instanceId, root, runDirectory, log, poolSize = 8, poolKeptMs = 300_000, repairMs = 2000, portLimits }: NetworkBackendOptions) {
    this.#log = log;
    this.#repairMs = repairMs;
    this.#runDirectory = runDirectory;
    this.#group = linkGroup(instanceId);
    this.#leaving = leavingGroup(instanceId);
    this.#sandboxes = new Sandboxes({ directory: join(runDirectory, 'netns'), worker: this.#worker, log, poolSize, keptMs: poolKeptMs, groups: { wire: wireGroup(instanceId), leaving: this.#leaving } });
    this.#firewall = new Firewall(instanceId, root);
    this.#loopback = new Loopback(instanceId, log);
    this.#ports = new BridgePorts(this.#group, portLimits);
  }

  async prepare(known: { networks: Network[]; endpoints: Endpoint[]; sandboxes: string[] }): Promise<void> {
    enableForwarding(this.#runDirectory, this.#log, { ipv6: known.networks.some((network) => network.ipv6 !== undefined) });
    this.#firewall.replace(known.networks, known.endpoints);
    this.#loopback.replace(known.endpoints);
    this.#removeAbandoned();
    this.#warnOfForeignDrops();
    for (const network of known.networks) await this.#ensureNetwork(network);
    await this.#sandboxes.dropWires();
    await this.#sandboxes.reclaim(new Set(known.sandboxes));
    await this.#worker.do({ kind: 'deleteGroup', group: this.#leaving });
    await this.#reclaimLinks(known);
    this.#ports.load(this.#route);
    this.#adjustPorts();
    this.#sandboxes.fill();
    this.#watch ??= setInterval(() => this.#lookAfter(), this.#repairMs).unref();
  }

  async createNetwork(network: Network): Promise<void> {
    if (network.ipv6 !== undefined) enableForwarding(this.#runDirectory, this.#log, { ipv6: true });
    this.#repair();
    this.#firewall.addNetwork(network);
    try {
      await this.#ensureNetwork(network);
    } catch (error) {
      this.#firewall.removeNetwork(network);
      await this.#deleteLinks(this.#linksOf(network));
      throw error;
    }
  }

  async removeNetwork(network: Network): Promise<void> {
    await this.#deleteLinks(this.#linksOf(network));
    this.#firewall.removeNetwork(network);
  }

  createSandbox(id: string, { wired }: { wired: boolean }): Promise<Sandbox> {
    return this.#sandboxes.create(id, wired);
  }

  sandboxPath(id: string): string {
    return this.#sandboxes.path(id);
  }

  async removeSandbox(id: string): Promise<void> {
    this.#sandboxes.remove(id);
  }

  usedSubnets(except?: string): string[] {
    const own = except === undefined ? undefined : this.#route.link(except)?.index;
    return this.#route.routes().filter(({ linkIndex }) => linkIndex !== own).map((route) => route.destination);
  }

  isLedElsewhere(port: HostPort): boolean {
    if (!this.#firewall.isLedElsewhere(port)) return false;
    return !this.#removeAbandoned() || this.#firewall.isLedElsewhere(port);
  }

  freeInterface(sandbox: Sandbox, prefix = 'eth'): string {
    return withNetns(sandbox.path, () => {
      using inside = new RouteSocket();
      const names = new Set(inside.links().map((link) => link.name));
      let number = 0;
      while (names.has(`${prefix}${number}`)) number++;
      return `${prefix}${number}`;
    });
  }

  async attach(sandbox: Sandbox, endpoint: Endpoint): Promise<void> {
    try {
      await this.#plug(sandbox, endpoint);
      if (endpoint.ports.length > 0) this.#repair();
      this.#publish(endpoint);
    } catch (error) {
      this.#loopback.unpublish(endpoint);
      await this.#unplug(sandbox, endpoint);
      throw translate(`endpoint ${endpoint.interface}`, error);
    }
  }

  async becomeGateway(sandbox: Sandbox, endpoint: Endpoint): Promise<void> {
    try {
      takeGateway(sandbox.path, endpoint);
    } catch (error) {
      throw translate(`gateway of the network ${endpoint.network.id}`, error);
    }
    this.#publish(endpoint);
  }

  async unpublish(endpoint: Endpoint): Promise<void> {
    this.#unpublish(endpoint);
  }

  async detach(sandbox: Sandbox | undefined, endpoint: Endpoint): Promise<void> {
    this.#unpublish(endpoint);
    this.#ports.leave(vethName(endpoint.id));
    if (sandbox !== undefined) return await this.#unplug(sandbox, endpoint);
    // Its namespace goes by and by, or another container is in it still: nobody takes it for the one that gets its addresses next.
    this.#route.tryAll([setBridgePort(vethName(endpoint.id), { closed: true })]);
  }

  async dismantle(): Promise<void> {
    for (const group of [this.#leaving, this.#group]) await this.#worker.do({ kind: 'deleteGroup', group });
    await this.#sandboxes.reclaim(new Set());
    await this.#sandboxes.settle();
    this.#firewall.remove();
    this.#loopback.remove();
  }

  async settle(): Promise<void> {
    await this.#sandboxes.settle();
    await Promise.all(this.#removals);
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#sandboxes.close();
    await Promise.all(this.#removals);
    await this.#worker.close();
    this.#firewall.close();
    this.#loopback.close();
    this.#socket?.close();
    this.#socket = undefined;
  }

  get #route(): RouteSocket {
    return (this.#socket ??= new RouteSocket());
  }

  #publish(endpoint: Endpoint): void {
    this.#loopback.publish(endpoint);
    this.#firewall.publish(endpoint);
  }

  #unpublish(endpoint: Endpoint): void {
    this.#loopback.unpublish(endpoint);
    this.#firewall.unpublish(endpoint);
  }

  async #ensureNetwork(network: Network): Promise<void> {
    try {
      if (isMacvlan(network)) return ensureParent(this.#route, network, this.#group);
      ensureBridge(this.#route, network, this.#group);
      for (const address of gatewayAddresses(network)) await wayTo(this.#route, address);
    } catch (error) {
      throw translate(`network ${isMacvlan(network) ? network.parent.link : network.bridge}`, error);
    }
  }

  /** Those that are ours to remove: of the names only links of the instance's group are taken. */
  #linksOf(network: Network): string[] {
    if (isMacvlan(network)) return network.parent.make === undefined ? [] : [network.parent.link];
    const key = shardKey(network.bridge);
    return [network.bridge, ...this.#route.links().map(({ name }) => name).filter((name) => shardKeyOf(name) === key)];
  }

  #lookAfter(): void {
    this.#repair();
    try {
      this.#adjustPorts();
    } catch (error) {
      this.#log.error('ports of bridges could not be adjusted to br_netfilter', { error: messageOf(error) });
    }
  }

  #adjustPorts(): void {
    this.#ports.adjust(this.#route, this.#firewall.networks.filter((network): network is BridgeNetwork => !isMacvlan(network)));
  }

  #repair(): void {
    try {
      if (this.#firewall.repair()) this.#log.warn('another tool had changed the nftables of this engine: they are as they should be again');
    } catch (error) {
      this.#log.error('the nftables of this engine could not be looked after', { error: messageOf(error) });
    }
  }

  /** True when there was a table of an engine that is gone. */
  #removeAbandoned(): boolean {
    const links = this.#route.links();
    const inUse = new Set(links.map(({ master }) => master));
    const roots = this.#firewall.removeAbandoned(new Set(links.filter(({ index }) => inUse.has(index)).map(({ name }) => name)));
    for (const root of roots) this.#log.warn('took away the nftables of an engine that is gone', { root });
    return roots.length > 0;
  }

  #warnOfForeignDrops(): void {
    if (legacyForwardPolicy() === 'drop') {
      const remedy = ['-i', '-o'].map((side) => `iptables-legacy -A FORWARD ${side} ${bridgePrefix}+ -j ACCEPT`);
      this.#log.warn('another firewall drops forwarded packets of containers: the policy of FORWARD in iptables-legacy is DROP', { remedy });
    }
    for (const drop of this.#firewall.foreignDrops()) {
      const chain = `${drop.family} ${drop.table} ${drop.chain}`;
      this.#log.warn(`another firewall drops forwarded packets of containers: the policy of chain ${chain} is drop`, { remedy: letThrough(drop, bridgePrefix) });
    }
  }

  async #plug(sandbox: Sandbox, endpoint: Endpoint): Promise<void> {
    const { network } = endpoint;
    if (!isMacvlan(network) && this.#ports.size >= this.#room) this.#room = makeRoomForNeighbours(this.#ports.size, this.#log);
    const wire = isMacvlan(network) ? undefined : this.#sandboxes.takeWire(sandbox.id);
    if (wire !== undefined && !isMacvlan(network) && await this.#plugWaiting(sandbox, endpoint, { network, wire })) return;
    using inside = openInside(sandbox.path);
    if (isMacvlan(network)) {
      plugMacvlan(this.#route, sandbox.path, endpoint, network);
      await onceItsAddressIsFree(() => configureLink(inside, { sandboxPath: sandbox.path, endpoint }));
    } else {
      await this.#onceMore(endpoint, () => plugNew(this.#plugging(sandbox, endpoint, network)));
      configureLink(inside, { sandboxPath: sandbox.path, endpoint });
      settlePort(this.#plugging(sandbox, endpoint, network));
    }
    await settleLink(inside, endpoint);
  }

  /** False when someone has removed the pair of links while it waited. */
  async #plugWaiting(sandbox: Sandbox, endpoint: Endpoint, { network, wire }: { network: BridgeNetwork; wire: Wire }): Promise<boolean> {
    using inside = new RouteSocket(wire.socket);
    try {
      configureLink(inside, { sandboxPath: sandbox.path, endpoint, wire });
      await this.#onceMore(endpoint, () => plugWire(this.#plugging(sandbox, endpoint, network), wire));
    } catch (error) {
      if (errnoOf(error) !== 'ENODEV') throw error;
      return false;
    }
    settlePort(this.#plugging(sandbox, endpoint, network));
    await settleLink(inside, endpoint);
    return true;
  }

  #plugging(sandbox: Sandbox, endpoint: Endpoint, network: BridgeNetwork): Plugging {
    return { route: this.#route, ports: this.#ports, sandboxPath: sandbox.path, endpoint, network };
  }

  /** A pair of that name is left from a start that was cut off. */
  async #onceMore(endpoint: Endpoint, plug: () => void): Promise<void> {
    try {
      plug();
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      await this.#deleteLinks([vethName(endpoint.id)]);
      plug();
    }
  }

  async #unplug(sandbox: Sandbox, endpoint: Endpoint): Promise<void> {
    if (isMacvlan(endpoint.network)) return removeInside(sandbox.path, endpoint.macAddress);
    this.#ports.leave(vethName(endpoint.id));
    await this.#deleteLinks([vethName(endpoint.id)]);
  }

  async #reclaimLinks(known: { networks: Network[]; endpoints: Endpoint[] }): Promise<void> {
    const names = new Set([
      ...known.networks.map((network) => (isMacvlan(network) ? network.parent.link : network.bridge)), ...known.endpoints.map((endpoint) => vethName(endpoint.id)),
    ]);
    const keys = new Set<string | undefined>(known.networks.map((network) => (isMacvlan(network) ? '' : shardKey(network.bridge))));
    const strangers = this.#route.links().filter((link) => link.group === this.#group && !names.has(link.name) && !keys.has(shardKeyOf(link.name)));
    if (strangers.length > 0) await this.#deleteLinks(strangers.map((link) => link.name));
  }

  /** Only those that are ours, and in the worker: the kernel takes about 20 ms, for one or for many. */
  #deleteLinks(wanted: string[]): Promise<void> {
    const names = wanted.filter((name) => this.#route.link(name)?.group === this.#group);
    if (names.length === 0) return Promise.resolve();
    const removal = this.#worker.do({ kind: 'deleteLinks', names, leavingGroup: this.#leaving }).then(() => undefined)
      .catch((error: unknown) => this.#log.warn('links could not be removed', { names, error: messageOf(error) }))
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
    return removal;
  }
}

function translate(subject: string, error: unknown): GantryError {
  if (isGantryError(error)) return error;
  return new GantryError('internal', `${subject}: ${messageOf(error)}`, { cause: error });
}
