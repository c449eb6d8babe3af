import { join } from 'node:path';
import { errnoOf, GantryError, isGantryError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { withNetns } from '../host/namespaces.ts';
import { RouteSocket } from '../host/netlink/socket.ts';
import { ensureBridge } from './bridge/bridge.ts';
import { plug, takeGateway } from './bridge/endpoint.ts';
import { enableForwarding } from './bridge/forwarding.ts';
import { bridgePrefix, linkGroup, vethName } from './bridge/names.ts';
import { letThrough } from './firewall/foreign-drops.ts';
import { Firewall } from './firewall/firewall.ts';
import type { BridgeNetwork, Endpoint, NetworkBackend, Sandbox } from './network.ts';
import { Sandboxes } from './sandboxes/sandboxes.ts';
import { SandboxWorker } from './sandboxes/worker-client.ts';

export interface NetworkBackendOptions {
  instanceId: string;
  /** On a tmpfs, e.g. /run/gantry. Namespaces are bound below `netns/`. */
  runDirectory: string;
  log: Log;
  /** Namespaces kept ready. */
  poolSize?: number;
}

/** The kernel side of networks, in the network namespace of the calling thread. */
export function createNetworkBackend(options: NetworkBackendOptions): NetworkBackend {
  return new KernelNetworks(options);
}

class KernelNetworks implements NetworkBackend {
  readonly #log: Log;
  readonly #runDirectory: string;
  readonly #group: number;
  readonly #worker = new SandboxWorker();
  readonly #sandboxes: Sandboxes;
  readonly #firewall: Firewall;
  readonly #removals = new Set<Promise<void>>();
  #socket: RouteSocket | undefined;

  constructor({ instanceId, runDirectory, log, poolSize = 8 }: NetworkBackendOptions) {
    this.#log = log;
    this.#runDirectory = runDirectory;
    this.#group = linkGroup(instanceId);
    this.#sandboxes = new Sandboxes({ directory: join(runDirectory, 'netns'), worker: this.#worker, log, poolSize });
    this.#firewall = new Firewall(instanceId);
  }

  async prepare(known: { networks: BridgeNetwork[]; endpoints: Endpoint[]; sandboxes: string[] }): Promise<void> {
    enableForwarding(this.#runDirectory, this.#log, { ipv6: known.networks.some((network) => network.ipv6 !== undefined) });
    this.#firewall.replace(known.networks, known.endpoints);
    this.#warnOfForeignDrops();
    for (const network of known.networks) this.#ensureBridge(network);
    this.#sandboxes.reclaim(new Set(known.sandboxes));
    await this.#reclaimLinks(known);
    this.#sandboxes.fill();
  }

  async createBridge(network: BridgeNetwork): Promise<void> {
    if (network.ipv6 !== undefined) enableForwarding(this.#runDirectory, this.#log, { ipv6: true });
    this.#firewall.addNetwork(network);
    try {
      this.#ensureBridge(network);
    } catch (error) {
      this.#firewall.removeNetwork(network);
      await this.#deleteLinks([network.bridge]);
      throw error;
    }
  }

  async removeBridge(network: BridgeNetwork): Promise<void> {
    await this.#deleteLinks([network.bridge]);
    this.#firewall.removeNetwork(network);
  }

  createSandbox(id: string): Promise<Sandbox> {
    return this.#sandboxes.create(id);
  }

  sandboxPath(id: string): string {
    return this.#sandboxes.path(id);
  }

  async removeSandbox(id: string): Promise<void> {
    this.#sandboxes.remove(id);
  }

  usedSubnets(): string[] {
    return this.#route.routes().map((route) => route.destination);
  }

  freeInterface(sandbox: Sandbox): string {
    return withNetns(sandbox.path, () => {
      using inside = new RouteSocket();
      const names = new Set(inside.links().map((link) => link.name));
      let number = 0;
      while (names.has(`eth${number}`)) number++;
      return `eth${number}`;
    });
  }

  async attach(sandbox: Sandbox, endpoint: Endpoint): Promise<void> {
    try {
      await this.#plug(sandbox, endpoint);
      this.#firewall.publish(endpoint);
    } catch (error) {
      await this.#deleteLinks([vethName(endpoint.id)]);
      throw translate(`endpoint ${endpoint.interface}`, error);
    }
  }

  async becomeGateway(sandbox: Sandbox, endpoint: Endpoint): Promise<void> {
    try {
      takeGateway(sandbox.path, endpoint);
    } catch (error) {
      throw translate(`gateway ${endpoint.network.bridge}`, error);
    }
    this.#firewall.publish(endpoint);
  }

  async detach(sandbox: Sandbox | undefined, endpoint: Endpoint): Promise<void> {
    this.#firewall.unpublish(endpoint);
    if (sandbox !== undefined) await this.#deleteLinks([vethName(endpoint.id)]);
  }

  async dismantle(): Promise<void> {
    this.#sandboxes.reclaim(new Set());
    await this.#reclaimLinks({ networks: [], endpoints: [] });
    await this.#sandboxes.settle();
    this.#firewall.remove();
  }

  async settle(): Promise<void> {
    await this.#sandboxes.settle();
    await Promise.all(this.#removals);
  }

  async close(): Promise<void> {
    await this.#sandboxes.close();
    await Promise.all(this.#removals);
    await this.#worker.close();
    this.#firewall.close();
    this.#socket?.close();
    this.#socket = undefined;
  }

  get #route(): RouteSocket {
    return (this.#socket ??= new RouteSocket());
  }

  #ensureBridge(network: BridgeNetwork): void {
    try {
      ensureBridge(this.#route, network, this.#group);
    } catch (error) {
      throw translate(`network ${network.bridge}`, error);
    }
  }

  #warnOfForeignDrops(): void {
    for (const drop of this.#firewall.foreignDrops()) {
      const chain = `${drop.family} ${drop.table} ${drop.chain}`;
      this.#log.warn(`another firewall drops forwarded packets of containers: the policy of chain ${chain} is drop`, { remedy: letThrough(drop, bridgePrefix) });
    }
  }

  /** A pair of that name is left from a start that was cut off. */
  async #plug(sandbox: Sandbox, endpoint: Endpoint): Promise<void> {
    try {
      plug(this.#route, sandbox.path, endpoint, this.#group);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      await this.#deleteLinks([vethName(endpoint.id)]);
      plug(this.#route, sandbox.path, endpoint, this.#group);
    }
  }

  async #reclaimLinks(known: { networks: BridgeNetwork[]; endpoints: Endpoint[] }): Promise<void> {
    const names = new Set([...known.networks.map((network) => network.bridge), ...known.endpoints.map((endpoint) => vethName(endpoint.id))]);
    const strangers = this.#route.links().filter((link) => link.group === this.#group && !names.has(link.name));
    if (strangers.length > 0) await this.#deleteLinks(strangers.map((link) => link.name));
  }

  /** Only those that are ours, and in the worker: the kernel takes about 20 ms for a link. */
  #deleteLinks(wanted: string[]): Promise<void> {
    const names = wanted.filter((name) => this.#route.link(name)?.group === this.#group);
    if (names.length === 0) return Promise.resolve();
    const removal = this.#worker.do({ kind: 'deleteLinks', names })
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
