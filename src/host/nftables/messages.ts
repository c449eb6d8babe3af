import { attribute, flag, message, nested, text, u32be } from '../netlink/attributes.ts';
import { netfilterMessage } from '../netlink/netfilter-message.ts';
import type { NetlinkRequest } from '../netlink/requests.ts';
import { listElement, type Expression } from './expressions.ts';
import { fieldBytes, fieldTypes, type Field } from './fields.ts';

/**
 * The kernel's messages about tables. One with a `new…` or `delete…` in its name is part of a transaction (NftablesSocket.transaction).
 * Source: linux/netfilter/nf_tables.h
 */
export interface TableName { family: number; name: string }

export interface Hook {
  type: 'filter' | 'nat';
  hook: 'prerouting' | 'forward' | 'output' | 'postrouting';
  /** Chains of one hook see a packet in this order. */
  priority: number;
}

export interface SetType { name: string; key: Field[]; /** A map gives this for a key. */ value?: Field[] }

export interface SetElement { key: Buffer; value?: Buffer }

export const hooks = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const subsystem = 10;
const kind = {
  newTable: 0, getTable: 1, deleteTable: 2, newChain: 3, getChain: 4, newRule: 6, getRule: 7, newSet: 9, newElement: 12, getElement: 13, deleteElement: 14, getGeneration: 16,
} as const;
export const tableUserData = 6;
/** What nft keeps for itself at a table: pairs of a type, a length, and a value; type 0 is the comment. Source: libnftnl/udata.h */
const commentType = 0;
/** Of its 128 one is the final NUL. */
const maxCommentBytes = 127;
/** One attribute holds the elements of a message, and no more than 64 KiB. */
const elementsAtOnce = 500;

/** @param comment shown by nft; one that is longer than the kernel keeps is left out */
export function newTable({ family, name }: TableName, comment?: string): NetlinkRequest {
  const kept = comment === undefined || Buffer.byteLength(comment) > maxCommentBytes ? [] : [attribute(tableUserData, userData(comment))];
  return request(kind.newTable, family, { flags: flag.create, what: `add table ${name}` }, text(1, name), ...kept);
}

/** Of one family. */
export function getTables(family: number): NetlinkRequest {
  return request(kind.getTable, family, { flags: flag.dump, what: 'list tables' });
}

export function deleteTable({ family, name }: TableName): NetlinkRequest {
  return request(kind.deleteTable, family, { what: `delete table ${name}` }, text(1, name));
}

/** Without a hook only rules lead to it. What passes a hooked chain is accepted. */
export function newChain({ family, name }: TableName, chain: string, hook?: Hook): NetlinkRequest {
  const accepts = 1;
  const place = hook === undefined ? [] : [nested(4, u32be(1, hooks[hook.hook]), u32be(2, hook.priority)), u32be(5, accepts), text(7, hook.type)];
  return request(kind.newChain, family, { flags: flag.create, what: `add chain ${chain}` }, text(1, name), text(3, chain), ...place);
}

/** At the end of its chain. */
export function newRule({ family, name }: TableName, chain: string, expressions: Expression[]): NetlinkRequest {
  return request(kind.newRule, family, { flags: flag.create | flag.append, what: `add rule to ${chain}` }, text(1, name), text(2, chain), nested(4, ...expressions));
}

/** @param id tells it from other new ones of the transaction */
export function newSet({ family, name }: TableName, set: SetType, id: number): NetlinkRequest {
  const isMap = 8;
  const value = set.value === undefined ? [] : [u32be(6, typeNumber(set.value)), u32be(7, fieldBytes(set.value))];
  return request(kind.newSet, family, { flags: flag.create, what: `add set ${set.name}` },
    text(1, name), text(2, set.name), u32be(3, set.value === undefined ? 0 : isMap), u32be(4, typeNumber(set.key)), u32be(5, fieldBytes(set.key)), ...value, u32be(10, id),
    attribute(13, byteOrders(set)));
}

/** The kernel refuses (EEXIST) a key that has another value. */
export function newElements(table: TableName, set: string, elements: SetElement[]): NetlinkRequest[] {
  return elementMessages(table, set, { elements, kind: kind.newElement, flags: flag.create, what: `add elements to ${set}` });
}

/** The kernel refuses (ENOENT) all of them when one is not there. */
export function deleteElements(table: TableName, set: string, keys: Buffer[]): NetlinkRequest[] {
  return elementMessages(table, set, { elements: keys.map((key) => ({ key })), kind: kind.deleteElement, flags: 0, what: `delete elements of ${set}` });
}

export function getRules({ family, name }: TableName): NetlinkRequest {
  return request(kind.getRule, family, { flags: flag.dump, what: `list the rules of ${name}` }, text(1, name));
}

/** Of all tables of a family, or with 0 of all families. */
export function getChains(family: number): NetlinkRequest {
  return request(kind.getChain, family, { flags: flag.dump, what: 'list chains' });
}

export function getElements({ family, name }: TableName, set: string): NetlinkRequest {
  return request(kind.getElement, family, { flags: flag.dump, what: `list the elements of ${set}` }, text(1, name), text(2, set));
}

export function getGeneration(): NetlinkRequest {
  return request(kind.getGeneration, 0, { what: 'get the generation of the ruleset' });
}

/** What stands before and after the messages of a transaction. */
export function limit(of: 'begin' | 'end'): NetlinkRequest {
  const head = Buffer.from([0, 0, 0, subsystem]);
  return { bytes: message(of === 'begin' ? 16 : 17, flag.request, head), what: 'change the ruleset' };
}

function elementMessages(table: TableName, set: string, of: { elements: SetElement[]; kind: number; flags: number; what: string }): NetlinkRequest[] {
  const messages: NetlinkRequest[] = [];
  for (let at = 0; at < of.elements.length; at += elementsAtOnce) {
    const list = of.elements.slice(at, at + elementsAtOnce).map(({ key, value }) => (
      nested(listElement, nested(1, attribute(1, key)), ...(value === undefined ? [] : [nested(2, attribute(1, value))]))
    ));
    messages.push(request(of.kind, table.family, of, text(1, table.name), text(2, set), nested(3, ...list)));
  }
  return messages;
}

function request(number: number, family: number, { flags = 0, what }: { flags?: number; what: string }, ...attributes: Buffer[]): NetlinkRequest {
  return { bytes: netfilterMessage({ subsystem, kind: number, family, flags: flag.request | flags }, ...attributes), what };
}

function userData(comment: string): Buffer {
  const bytes = Buffer.from(`${comment}\0`);
  return Buffer.concat([Buffer.from([commentType, bytes.length]), bytes]);
}

/** The comment that nft shows at a table. */
export function commentOf(data: Buffer): string | undefined {
  for (let at = 0; at + 2 <= data.length; at += 2 + data[at + 1]!) {
    if (data[at] === commentType) return data.toString('utf8', at + 2, at + 1 + data[at + 1]!);
  }
  return undefined;
}

/** How nft shows it: six bits a field. */
function typeNumber(fields: Field[]): number {
  return fields.reduce((number, field) => (number << 6) | fieldTypes[field].number, 0);
}

/** What nft keeps beside a set for its own listings: numbers and names of one field are in the machine's order, all else is in the network's. */
function byteOrders({ key, value }: SetType): Buffer {
  const order = (type: number, fields: Field[]): Buffer => {
    const bytes = Buffer.from([type, 4, 0, 0, 0, 0]);
    bytes.writeUInt32LE(fields.length === 1 && fields[0] === 'ifname' ? 1 : 2, 2);
    return bytes;
  };
  return Buffer.concat([order(0, key), ...(value === undefined ? [] : [order(1, value)])]);
}
