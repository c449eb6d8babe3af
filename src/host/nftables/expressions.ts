import { attribute, nested, text, u32be } from '../netlink/attributes.ts';
import { protocolFamily } from '../netlink/netfilter-message.ts';

/**
 * The steps of a rule, as the kernel's machine for them takes them: load something of the packet into a register, compare, look up, decide. A step that
 * does not hold ends the rule. Registers are 4 bytes wide; a longer value, or several at once, takes those that follow.
 * Source: linux/netfilter/nf_tables.h; https://wiki.nftables.org/wiki-nftables/index.php/Portal:DeveloperDocs
 */
export type Expression = Buffer;

/** What a packet is asked for. */
export interface Selector {
  bytes: number;
  /** @param bytes fewer, where it can be cut */
  load: (register: number, bytes?: number) => Expression;
  /** NFPROTO: packets of the other family have no such thing. */
  family?: number;
}

/** NFT_REG32_00: the first register. */
const first = 8;
const registerBytes = 4;
/** NFTA_LIST_ELEM */
export const listElement = 1;
const dataValue = 1;

function expression(name: string, ...attributes: Buffer[]): Expression {
  return nested(listElement, text(1, name), nested(2, ...attributes));
}

function value(type: number, bytes: Buffer): Buffer {
  return nested(type, attribute(dataValue, bytes));
}

function meta(key: number, bytes: number): Selector {
  return { bytes, load: (register) => expression('meta', u32be(1, register), u32be(2, key)) };
}

function header(base: 'network' | 'transport', field: { offset: number; bytes: number; family?: number }): Selector {
  const load = (register: number, bytes = field.bytes): Expression => (
    expression('payload', u32be(1, register), u32be(2, base === 'network' ? 1 : 2), u32be(3, field.offset), u32be(4, bytes))
  );
  return { ...field, load };
}

export const inLinkIndex = meta(4, 4);
export const inLink = meta(6, 16);
export const outLink = meta(7, 16);
const family = meta(15, 1);
export const protocol = meta(16, 1);
export const ipv4 = {
  protocol: header('network', { offset: 9, bytes: 1, family: protocolFamily.ipv4 }),
  source: header('network', { offset: 12, bytes: 4, family: protocolFamily.ipv4 }),
  destination: header('network', { offset: 16, bytes: 4, family: protocolFamily.ipv4 }),
};
export const ipv6 = {
  source: header('network', { offset: 8, bytes: 16, family: protocolFamily.ipv6 }),
  destination: header('network', { offset: 24, bytes: 16, family: protocolFamily.ipv6 }),
};
export const destinationPort = header('transport', { offset: 2, bytes: 2 });

/** Only packets of that family go on. */
export function ofFamily(wanted: number): Expression[] {
  return [family.load(first), compare(Buffer.from([wanted]))];
}

/** Also of its first bytes only: a network's prefix of whole bytes, the beginning of a link's name. */
export function equals(selector: Selector, bytes: Buffer): Expression[] {
  return [...familyOf(selector), selector.load(first, bytes.length), compare(bytes)];
}

/** What the selectors give, one after the other, is an element of the set. */
export function isIn(set: string, ...selectors: Selector[]): Expression[] {
  return [...loadAll(selectors), expression('lookup', text(1, set), u32be(2, first))];
}

export function isNotIn(set: string, ...selectors: Selector[]): Expression[] {
  return [...loadAll(selectors), expression('lookup', text(1, set), u32be(2, first), u32be(5, 1))];
}

/** Connection tracking knows the packet's flow to be in one of these states (bits of `ip_conntrack_info`). */
export function isTracked(what: 'state' | 'status', bits: number): Expression[] {
  const mask = Buffer.alloc(4);
  mask.writeUInt32LE(bits);
  return [
    expression('ct', u32be(1, first), u32be(2, what === 'state' ? 0 : 2)),
    expression('bitwise', u32be(1, first), u32be(2, first), u32be(3, 4), value(4, mask), value(5, Buffer.alloc(4))),
    compare(Buffer.alloc(4), true),
  ];
}

/** The destination is an address of the host itself. */
export function isForHost(): Expression[] {
  const [typeOfAddress, ofDestination, local] = [3, 2, 2];
  return [expression('fib', u32be(1, first), u32be(2, typeOfAddress), u32be(3, ofDestination)), compare(Buffer.from([local, 0, 0, 0]))];
}

const verdicts = { drop: 0, accept: 1, return: -5, jump: -3 } as const;

export const accept = [verdict('accept')];
export const drop = [verdict('drop')];
export const giveBack = [verdict('return')];

export function jump(chain: string): Expression[] {
  return [verdict('jump', chain)];
}

function verdict(kind: keyof typeof verdicts, chain?: string): Expression {
  const dataVerdict = 2;
  return expression('immediate', u32be(1, 0), nested(2, nested(dataVerdict, u32be(1, verdicts[kind]), ...(chain === undefined ? [] : [text(2, chain)]))));
}

/** The source becomes the address of the link by which the packet leaves. */
export const masquerade = [expression('masq')];
/** No connection is tracked for it. */
export const notrack = [expression('notrack')];

/** A destination or source from a map: an address, and for `dnat` with `port` a port behind it. A packet that the map does not know goes on. */
export function translate(kind: 'dnat' | 'snat', to: { family: number; map: string; port: boolean }, ...selectors: Selector[]): Expression[] {
  return [...loadAll(selectors), expression('lookup', text(1, to.map), u32be(2, first), u32be(3, first)), translation(kind, to)];
}

/** The destination becomes this address and port. `port` is 0 to 65535. */
export function redirectTo(address: Buffer, port: number): Expression[] {
  const family = address.length === 4 ? protocolFamily.ipv4 : protocolFamily.ipv6;
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16BE(port);
  const behind = first + address.length / registerBytes;
  return [
    expression('immediate', u32be(1, first), value(2, address)), expression('immediate', u32be(1, behind), value(2, portBytes)),
    translation('dnat', { family, port: true }),
  ];
}

function translation(kind: 'dnat' | 'snat', to: { family: number; port: boolean }): Expression {
  const port = first + (to.family === protocolFamily.ipv4 ? 1 : 4);
  return expression('nat', u32be(1, kind === 'snat' ? 0 : 1), u32be(2, to.family), u32be(3, first), ...(to.port ? [u32be(5, port)] : []));
}

function compare(bytes: Buffer, differs = false): Expression {
  return expression('cmp', u32be(1, first), u32be(2, differs ? 1 : 0), value(3, bytes));
}

function loadAll(selectors: Selector[]): Expression[] {
  let register = first;
  const loads = selectors.map((selector) => {
    const load = selector.load(register);
    register += Math.ceil(selector.bytes / registerBytes);
    return load;
  });
  return [...familyOf(...selectors), ...loads];
}

function familyOf(...selectors: Selector[]): Expression[] {
  const needed = selectors.find((selector) => selector.family !== undefined)?.family;
  return needed === undefined ? [] : ofFamily(needed);
}
