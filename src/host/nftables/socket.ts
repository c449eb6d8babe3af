import { NetlinkSocket } from '../netlink/socket.ts';
import type { NetlinkRequest } from '../netlink/requests.ts';
import { listAttributes, readAttributes, readText } from '../netlink/attributes.ts';
import { commentOf, getChains, getElements, getGeneration, getRules, getTables, limit, tableUserData, type SetElement, type TableName } from './messages.ts';

export interface Table extends TableName { comment?: string }

export interface Chain {
  family: number;
  table: string;
  name: string;
  /** Of those that the kernel calls by itself: the number of the hook, its priority, and what happens to packets that come to the end. */
  hook?: { number: number; priority: number; policy: 'accept' | 'drop' };
}

export interface Rule { chain: string; /** As the kernel writes them: equal rules have equal bytes. */ expressions: Buffer }

/** The memory of a set grows within milliseconds. */
const maxLists = 50;

/**
 * The tables of netfilter, in the network namespace in which this is opened. No library is between: libnftables 1.0 ends its process when any table
 * on the host was made by an nft some versions newer, and waits with select(2).
 */
export class NftablesSocket extends NetlinkSocket {
  constructor() {
    super('netfilter');
  }

  /** All of it or nothing. @throws HostError the first refusal, e.g. ENOENT, EEXIST */
  transaction(changes: NetlinkRequest[]): void {
    if (changes.length > 0) this.runWhole([limit('begin'), ...changes, limit('end')]);
  }

  /** The number of the ruleset: every transaction of anybody, in any table, makes it grow. Costs a few microseconds. */
  generation(): number {
    return readAttributes(this.ask(getGeneration()).body.subarray(4)).get(1)?.readUInt32BE(0) ?? 0;
  }

  /** All of a family. */
  tables(family: number): Table[] {
    return this.dump(getTables(family)).map(({ body }) => {
      const attributes = readAttributes(body.subarray(4));
      const data = attributes.get(tableUserData);
      const comment = data === undefined ? undefined : commentOf(data);
      return { family: body[0] ?? 0, name: readText(attributes.get(1)), ...(comment !== undefined && { comment }) };
    });
  }

  /** In their order, chain after chain; none when there is no such table. */
  rules(table: TableName): Rule[] {
    return this.dump(getRules(table)).map(({ body }) => {
      const attributes = readAttributes(body.subarray(4));
      return { chain: readText(attributes.get(2)), expressions: attributes.get(4) ?? Buffer.alloc(0) };
    });
  }

  /** Of all tables of a family; 0 is every family. */
  chains(family: number): Chain[] {
    return this.dump(getChains(family)).map(({ body }) => {
      const attributes = readAttributes(body.subarray(4));
      const place = attributes.get(4);
      const chain = { family: body[0] ?? 0, table: readText(attributes.get(1)), name: readText(attributes.get(3)) };
      if (place === undefined) return chain;
      const hook = readAttributes(place);
      const policy = attributes.get(5)?.readUInt32BE(0) === 0 ? 'drop' : 'accept';
      return { ...chain, hook: { number: hook.get(1)?.readUInt32BE(0) ?? 0, priority: hook.get(2)?.readInt32BE(0) ?? 0, policy } };
    });
  }

  /**
   * While a set of thousands is still growing into its memory, the kernel's list of it has some elements twice and for each of them leaves out another one,
   * without a word (kernel 6.18): such a list is asked for again. @throws HostError ENOENT when there is no such table or set
   */
  elements(table: TableName, set: string): SetElement[] {
    for (let lists = 1; ; lists++) {
      const elements = this.#elementsOnce(table, set);
      if (lists === maxLists || new Set(elements.map(({ key }) => key.toString('latin1'))).size === elements.length) return elements;
    }
  }

  #elementsOnce(table: TableName, set: string): SetElement[] {
    return this.dump(getElements(table, set)).flatMap(({ body }) => listAttributes(readAttributes(body.subarray(4)).get(3) ?? Buffer.alloc(0)).map((element) => {
      const parts = readAttributes(element.value);
      const bytes = (type: number): Buffer | undefined => {
        const part = parts.get(type);
        return part === undefined ? undefined : readAttributes(part).get(1);
      };
      const value = bytes(2);
      return { key: bytes(1) ?? Buffer.alloc(0), ...(value !== undefined && { value }) };
    }));
  }
}
