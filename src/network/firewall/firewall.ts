import { errnoOf } from '../../base/errors.ts';
import { ConntrackSocket } from '../../host/netlink/conntrack.ts';
import type { NetlinkRequest } from '../../host/netlink/requests.ts';
import { forwardDrops, type ForwardDrop } from '../../host/nftables/forward-drops.ts';
import type { TableName } from '../../host/nftables/messages.ts';
import { NftablesSocket, type Chain, type Rule } from '../../host/nftables/socket.ts';
import { readSysctl } from '../../host/sysctl.ts';
import type { Endpoint, Network } from '../network.ts';
import { abandonedTables } from './abandoned-tables.ts';
import { addElements, encodedElements, networkElements, portElements, removeElements, type Element } from './elements.ts';
import { foreignPorts, isForeign, type ForeignPorts } from './foreign-ports.ts';
import { holds, rulesText } from './intact.ts';
import type { HostPort } from '../ports/reserve.ts';
import { newRuleset, noRuleset, rulesetSize, sets, tableOf } from './ruleset.ts';

/** A tool that changes the table at every one of them is stronger. */
const mostTries = 10;

/** The instance's nft table in the kernel, and what should be in it. Each change is one transaction. */
export class Firewall {
  readonly #table: TableName;
  readonly #root: string | undefined;
  readonly #networks = new Map<string, Network>();
  readonly #endpoints = new Map<string, Endpoint>();
  /** The rules as the kernel lists them after they were made; '' before. */
  #rules = '';
  /** Generation of the ruleset when everything in it was known to be ours or looked at; -1 when it has to be looked at. */
  #generation = -1;
  /** What other engines lead to their containers, and the generation of the ruleset when they were asked. */
  #foreign: { ports: ForeignPorts; generation: number } | undefined;
  #nftables: NftablesSocket | undefined;
  #conntrack: ConntrackSocket | undefined;

  /** @param root the engine's folder, by which others know whose the table is */
  constructor(instanceId: string, root?: string) {
    this.#table = tableOf(instanceId);
    this.#root = root;
  }

  /** The whole table anew, as one atomic swap: right whatever was there, and connections go on. */
  replace(networks: Network[], endpoints: Endpoint[]): void {
    this.#networks.clear();
    this.#endpoints.clear();
    for (const network of networks) this.#networks.set(network.id, network);
    for (const endpoint of endpoints) this.#endpoints.set(endpoint.id, endpoint);
    this.#restore();
  }

  get networks(): Network[] {
    return [...this.#networks.values()];
  }

  addNetwork(network: Network): void {
    this.#networks.set(network.id, network);
    this.#put(networkElements(network));
  }

  removeNetwork(network: Network): void {
    this.#networks.delete(network.id);
    this.#take(networkElements(network));
  }

  publish(endpoint: Endpoint): void {
    const elements = portElements(endpoint);
    if (elements.length === 0) return;
    this.#endpoints.set(endpoint.id, endpoint);
    try {
      this.#put(elements);
    } catch (error) {
      this.#endpoints.delete(endpoint.id);
      throw error;
    }
    this.#forgetUdpFlows(endpoint);
  }

  unpublish(endpoint: Endpoint): void {
    this.#endpoints.delete(endpoint.id);
    this.#take(portElements(endpoint));
    // A flow that goes on would reach whoever gets the address next.
    this.#forgetUdpFlows(endpoint);
  }

  /**
   * Makes the table right again when another tool has flushed or changed it. True when it had to. While nobody else changes any
   * table, it costs one question to the kernel.
   */
  repair(): boolean {
    const generation = this.#tables.generation();
    if (this.#rules === '' || generation === this.#generation) return false;
    if (this.#isIntact()) {
      this.#generation = generation;
      return false;
    }
    this.#restore();
    return true;
  }

  /** Costs one question to the kernel while nobody else changes any table. */
  isLedElsewhere(port: HostPort): boolean {
    const generation = this.#tables.generation();
    if (this.#foreign?.generation !== generation) this.#foreign = { ports: foreignPorts(this.#tables, this.#table), generation };
    return isForeign(this.#foreign.ports, port);
  }

  /**
   * Takes away the tables of engines that are gone: their ports would lead nowhere for ever. @param bridgesInUse those that have ports
   * @returns the folders of these engines
   */
  removeAbandoned(bridgesInUse: ReadonlySet<string>): string[] {
    return abandonedTables(this.#tables, { own: this.#table, bridgesInUse }).flatMap(({ table, root }) => {
      this.#run(noRuleset(table));
      this.#foreign = undefined;
      return root;
    });
  }

  /** Chains of others that stop containers' packets, whatever this table says. */
  foreignDrops(): ForwardDrop[] {
    return forwardDrops(this.#tables.chains(0));
  }

  /** The table and all in it. */
  remove(): void {
    this.#rules = '';
    this.#networks.clear();
    this.#endpoints.clear();
    this.#run(noRuleset(this.#table));
  }

  close(): void {
    this.#nftables?.close();
    this.#nftables = undefined;
    this.#conntrack?.close();
    this.#conntrack = undefined;
  }

  get #tables(): NftablesSocket {
    return (this.#nftables ??= new NftablesSocket());
  }

  #forgetUdpFlows(endpoint: Endpoint): void {
    const udpPorts = (ipv6: boolean): Set<number> => new Set(endpoint.ports
      .filter(({ protocol, hostIp }) => protocol === 'udp' && hostIp.includes(':') === ipv6).map(({ hostPort }) => hostPort));
    for (const ipv6 of [false, true]) (this.#conntrack ??= new ConntrackSocket()).forgetUdpFlows(udpPorts(ipv6), ipv6);
  }

  #wanted(): Element[] {
    return [...[...this.#networks.values()].flatMap(networkElements), ...[...this.#endpoints.values()].flatMap(portElements)];
  }

  /** What another tool changes between two of these questions is not taken for ours: the table is made once more, or looked at when somebody asks next. */
  #restore(): void {
    const options = { bridgedTranslation: readSysctl('net/bridge/bridge-nf-call-ip6tables') === '1', ...(this.#root !== undefined && { root: this.#root }) };
    const whole = rulesetSize(options);
    for (let tries = 1; ; tries++) {
      const before = this.#tables.generation();
      this.#tables.transaction([...newRuleset(this.#table, options), ...addElements(this.#table, this.#wanted())]);
      this.#generation = this.#tables.generation() === before + 1 ? before + 1 : -1;
      const { chains, rules } = this.#listed();
      this.#rules = rulesText(chains, rules);
      if ((chains.length === whole.chains && rules.length === whole.rules) || tries === mostTries) return;
    }
  }

  #isIntact(): boolean {
    const { chains, rules } = this.#listed();
    if (rulesText(chains, rules) !== this.#rules) return false;
    const wanted = encodedElements(this.#wanted());
    try {
      return sets.every(({ name }) => holds(this.#tables.elements(this.#table, name), wanted.get(name) ?? new Map()));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  #listed(): { chains: Chain[]; rules: Rule[] } {
    const { family, name } = this.#table;
    return { chains: this.#tables.chains(family).filter(({ table }) => table === name), rules: this.#tables.rules(this.#table) };
  }

  /** A key that maps elsewhere is left from an attachment that ended unseen: its owner is gone, since ports are given once. */
  #put(elements: Element[]): void {
    const add = addElements(this.#table, elements);
    try {
      this.#run(add);
    } catch (error) {
      // Without the table, which another tool has flushed, all there is comes back, these elements with it.
      if (errnoOf(error) === 'ENOENT' && this.#rules !== '') return this.#restore();
      if (errnoOf(error) !== 'EEXIST') throw error;
      this.#take(elements);
      this.#run(add);
    }
  }

  #take(elements: Element[]): void {
    try {
      this.#run(removeElements(this.#table, elements));
    } catch {
      for (const element of elements) this.#takeOne(element);
    }
  }

  #takeOne(element: Element): void {
    try {
      this.#run(removeElements(this.#table, [element]));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  /** When nobody else changed anything since, the ruleset is still known after a change of our own. */
  #run(changes: NetlinkRequest[]): void {
    if (changes.length === 0) return;
    const before = this.#tables.generation();
    this.#tables.transaction(changes);
    if (this.#tables.generation() !== before + 1) return;
    if (this.#generation === before) this.#generation += 1;
    if (this.#foreign?.generation === before) this.#foreign.generation += 1;
  }
}
