import { messageOf } from '../../base/errors.ts';
import { NetfilterSocket } from '../../host/netlink/netfilter.ts';
import { readSysctl } from '../../host/sysctl.ts';
import { openNftables, type Nftables } from '../../host/nftables.ts';
import type { Endpoint, Network } from '../network.ts';
import { addElements, deleteElements, networkElements, portElements, type Element } from './elements.ts';
import { foreignForwardDrops, type ForeignDrop } from './foreign-drops.ts';
import { holds, rulesOf } from './intact.ts';
import { removeRulesetText, rulesetText } from './ruleset.ts';

/** The instance's nft table in the kernel, and what should be in it. Each change is one transaction. */
export class Firewall {
  readonly #instanceId: string;
  readonly #networks = new Map<string, Network>();
  readonly #endpoints = new Map<string, Endpoint>();
  /** The rules as nft lists them after they were made; '' before. */
  #rules = '';
  /** Generation of the ruleset when everything in it was known to be ours or looked at; -1 when it has to be looked at. */
  #generation = -1;
  #nft: Nftables | undefined;
  #netfilter: NetfilterSocket | undefined;

  constructor(instanceId: string) {
    this.#instanceId = instanceId;
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
    const generation = this.#socket.rulesetGeneration();
    if (this.#rules === '' || generation === this.#generation) return false;
    if (this.#isIntact()) {
      this.#generation = generation;
      return false;
    }
    this.#restore();
    return true;
  }

  /** Chains of others that stop containers' packets, whatever this table says. */
  foreignDrops(): ForeignDrop[] {
    return foreignForwardDrops(this.#tables.list('list chains'));
  }

  /** The table and all in it. */
  remove(): void {
    this.#rules = '';
    this.#networks.clear();
    this.#endpoints.clear();
    this.#run(removeRulesetText(this.#instanceId));
  }

  close(): void {
    this.#nft?.close();
    this.#nft = undefined;
    this.#netfilter?.close();
    this.#netfilter = undefined;
  }

  get #tables(): Nftables {
    return (this.#nft ??= openNftables());
  }

  get #socket(): NetfilterSocket {
    return (this.#netfilter ??= new NetfilterSocket());
  }

  #forgetUdpFlows(endpoint: Endpoint): void {
    const udpPorts = (ipv6: boolean): Set<number> => new Set(endpoint.ports
      .filter(({ protocol, hostIp }) => protocol === 'udp' && hostIp.includes(':') === ipv6).map(({ hostPort }) => hostPort));
    for (const ipv6 of [false, true]) this.#socket.forgetUdpFlows(udpPorts(ipv6), ipv6);
  }

  #wanted(): Element[] {
    return [...[...this.#networks.values()].flatMap(networkElements), ...[...this.#endpoints.values()].flatMap(portElements)];
  }

  #restore(): void {
    this.#tables.run(rulesetText(this.#instanceId, addElements(this.#instanceId, this.#wanted()), {
      bridgedTranslation: readSysctl('net/bridge/bridge-nf-call-ip6tables') === '1',
    }));
    this.#generation = this.#socket.rulesetGeneration();
    this.#rules = rulesOf(this.#listing());
  }

  #isIntact(): boolean {
    try {
      return holds(this.#listing(), this.#rules, this.#wanted());
    } catch (error) {
      if (/No such file/.test(messageOf(error))) return false;
      throw error;
    }
  }

  #listing(): unknown[] {
    return this.#tables.list(`list table inet gantry-${this.#instanceId}`);
  }

  /** A key that maps elsewhere is left from an attachment that ended unseen: its owner is gone, since ports are given once. */
  #put(elements: Element[]): void {
    if (elements.length === 0) return;
    const add = addElements(this.#instanceId, elements).join('\n');
    try {
      this.#run(add);
    } catch (error) {
      // Without the table, which another tool has flushed, all there is comes back, these elements with it.
      if (/No such file/.test(messageOf(error)) && this.#rules !== '') return this.#restore();
      if (!/File exists/.test(messageOf(error))) throw error;
      this.#take(elements);
      this.#run(add);
    }
  }

  #take(elements: Element[]): void {
    if (elements.length === 0) return;
    try {
      this.#run(deleteElements(this.#instanceId, elements).join('\n'));
    } catch {
      for (const element of elements) this.#takeOne(element);
    }
  }

  #takeOne(element: Element): void {
    try {
      this.#run(deleteElements(this.#instanceId, [element]).join('\n'));
    } catch (error) {
      if (!/No such file/.test(messageOf(error))) throw error;
    }
  }

  /** When nobody else changed anything since, the ruleset is still known after a change of our own. */
  #run(commands: string): void {
    const known = this.#socket.rulesetGeneration() === this.#generation;
    this.#tables.run(commands);
    if (known && this.#socket.rulesetGeneration() === this.#generation + 1) this.#generation += 1;
  }
}
