import { messageOf } from '../../base/errors.ts';
import { openNftables, type Nftables } from '../../host/nftables.ts';
import type { BridgeNetwork, Endpoint } from '../network.ts';
import { addElements, deleteElements, networkElements, portElements, type Element } from './elements.ts';
import { foreignForwardDrops, type ForeignDrop } from './foreign-drops.ts';
import { removeRulesetText, rulesetText } from './ruleset.ts';

/** The instance's nft table in the kernel. Each call is one transaction. */
export class Firewall {
  readonly #instanceId: string;
  #nft: Nftables | undefined;

  constructor(instanceId: string) {
    this.#instanceId = instanceId;
  }

  /** The whole table anew, as one atomic swap: right whatever was there, and connections go on. */
  replace(networks: BridgeNetwork[], endpoints: Endpoint[]): void {
    const elements = [...networks.flatMap(networkElements), ...endpoints.flatMap(portElements)];
    this.#run(rulesetText(this.#instanceId, addElements(this.#instanceId, elements)));
  }

  addNetwork(network: BridgeNetwork): void {
    this.#put(networkElements(network));
  }

  removeNetwork(network: BridgeNetwork): void {
    this.#take(networkElements(network));
  }

  publish(endpoint: Endpoint): void {
    this.#put(portElements(endpoint));
  }

  unpublish(endpoint: Endpoint): void {
    this.#take(portElements(endpoint));
  }

  /** Chains of others that stop containers' packets, whatever this table says. */
  foreignDrops(): ForeignDrop[] {
    return foreignForwardDrops((this.#nft ??= openNftables()).list('list chains'));
  }

  /** The table and all in it. */
  remove(): void {
    this.#run(removeRulesetText(this.#instanceId));
  }

  close(): void {
    this.#nft?.close();
    this.#nft = undefined;
  }

  /** A key that maps elsewhere is left from an attachment that ended unseen: its owner is gone, since ports are given once. */
  #put(elements: Element[]): void {
    if (elements.length === 0) return;
    const add = addElements(this.#instanceId, elements).join('\n');
    try {
      this.#run(add);
    } catch (error) {
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

  #run(commands: string): void {
    (this.#nft ??= openNftables()).run(commands);
  }
}
