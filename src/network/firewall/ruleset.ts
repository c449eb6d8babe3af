import { protocolNumber } from '../../host/internet-protocols.ts';
import {
  accept, destinationPort, drop, equals, giveBack, inLink, inLinkIndex, ipv4, ipv6, isForHost, isIn, isNotIn, isTracked, jump, masquerade, notrack, ofFamily, outLink, protocol,
  translate, type Expression,
} from '../../host/nftables/expressions.ts';
import { deleteTable, newChain, newRule, newSet, newTable, type Hook, type SetType, type TableName } from '../../host/nftables/messages.ts';
import { protocolFamily } from '../../host/netlink/netfilter-message.ts';
import type { NetlinkRequest } from '../../host/netlink/requests.ts';
import { addressBytes } from '../../host/netlink/wire-address.ts';
import { shardPrefix } from '../bridge/names.ts';

/**
 * The firewall of one instance: one nft table, whose rules never change; networks and published ports are elements of its sets and maps.
 *
 * What it promises:
 * - A published port is reachable at its host address, from outside, from the host itself (localhost too) and from every container,
 *   the publishing one included. A port published at 127.0.0.1 is reachable from the host alone.
 * - Nothing else of a container is reachable from outside or from another network, also not by a route to its address; but for networks that were made to be
 *   routed to (`exposed`, `routed`, `open`), as `GatewayMode` says, and for what is published (`offered`), from links that a network trusts (`trusted`).
 * - Internal networks reach nothing beyond their bridge; containers never reach the host's 127.0.0.0/8.
 *
 * The owner of the host filters before or beside it: published traffic passes the forward hook with the container's address as its
 * destination (`meta l4proto tcp ct original proto-dst 8080` is the port on the host), and a drop in any other table is final. So a chain of one's own with
 * `type filter hook forward priority filter - 10` decides first. This table belongs to the daemon: rules added to it are lost at its next start.
 */
export function tableOf(instanceId: string): TableName {
  return { family: protocolFamily.inet, name: `gantry-${instanceId}` };
}

export interface RulesetOptions {
  /** The kernel translates packets while it bridges them (br_netfilter). */
  bridgedTranslation: boolean;
  /** The engine's folder, in the table's comment: without it the table is nobody's (abandoned-tables.ts). */
  root?: string;
}

/** Replaces the table, whatever it held, by the rules: one transaction, with the elements behind it, so no packet meets half of it. */
export function newRuleset(table: TableName, options: RulesetOptions): NetlinkRequest[] {
  const chains = chainsOf(options);
  return [
    newTable(table), deleteTable(table), newTable(table, options.root),
    ...sets.map((set, index) => newSet(table, set, index + 1)),
    ...chains.map(({ name, hook }) => newChain(table, name, hook)),
    ...chains.flatMap(({ name, rules }) => rules.map((rule) => newRule(table, name, rule.flat()))),
  ];
}

/** How many chains and rules a whole ruleset has. */
export function rulesetSize(options: RulesetOptions): { chains: number; rules: number } {
  const chains = chainsOf(options);
  return { chains: chains.length, rules: chains.flatMap(({ rules }) => rules).length };
}

/** Right whether it is there or not. */
export function noRuleset(table: TableName): NetlinkRequest[] {
  return [newTable(table), deleteTable(table)];
}

export const sets: readonly SetType[] = [
  { name: 'bridges', key: ['ifname'] },
  { name: 'same', key: ['ifname', 'ifname'] },
  { name: 'internal', key: ['ifname'] },
  { name: 'isolated', key: ['ifname'] },
  { name: 'masquerading4', key: ['ifname'] },
  { name: 'masquerading6', key: ['ifname'] },
  { name: 'routed4', key: ['ifname'] },
  { name: 'routed6', key: ['ifname'] },
  { name: 'open4', key: ['ifname'] },
  { name: 'open6', key: ['ifname'] },
  { name: 'trusted', key: ['ifname', 'ifname'] },
  { name: 'offered4', key: ['ipv4', 'protocol', 'port'] },
  { name: 'offered6', key: ['ipv6', 'protocol', 'port'] },
  { name: 'exposed4', key: ['ipv4', 'protocol', 'port'] },
  { name: 'exposed6', key: ['ipv6', 'protocol', 'port'] },
  { name: 'source4', key: ['ifname'], value: ['ipv4'] },
  { name: 'source6', key: ['ifname'], value: ['ipv6'] },
  { name: 'published4', key: ['ipv4', 'protocol', 'port'], value: ['ipv4', 'port'] },
  { name: 'published4any', key: ['protocol', 'port'], value: ['ipv4', 'port'] },
  { name: 'published6', key: ['ipv6', 'protocol', 'port'], value: ['ipv6', 'port'] },
  { name: 'published6any', key: ['protocol', 'port'], value: ['ipv6', 'port'] },
];

/** @throws TypeError for a name that no set has */
export function setOf(name: string): SetType {
  const set = sets.find((each) => each.name === name);
  if (set === undefined) throw new TypeError(`not a set: ${name}`);
  return set;
}

interface Chain { name: string; hook?: Hook; rules: Expression[][][] }

const ofIpv4 = ofFamily(protocolFamily.ipv4);
const ofIpv6 = ofFamily(protocolFamily.ipv6);
/** 127.0.0.0/8, and ::1. */
const loopback4 = Buffer.from([127]);
const loopback6 = addressBytes('::1');
/** Its destination was translated. IPS_DST_NAT */
const wasPublished = isTracked('status', 0x20);
const isAnswer = isTracked('state', 2 | 4);

/**
 * `prerouting` leaves 127.0.0.0/8 alone: a neighbour on the LAN can send such packets, and translation would let them in.
 * In `postrouting`, no incoming interface means a packet of the host's own or, with br_netfilter, one that is translated while it is bridged;
 * answers to either have to come back to the host to be translated back.
 * A network's further bridges translate nothing (br_netfilter would have them do it): the first one does, and sees every packet once.
 * `loopback` is what makes route_localnet on the bridges safe: translated answers carry the bridge's address there.
 * In `output`, an answer that is translated back to ::1 while it is bridged never arrives: refused at once, a client goes on to 127.0.0.1.
 */
function chainsOf({ bridgedTranslation }: RulesetOptions): Chain[] {
  return [
    {
      name: 'loopback', hook: { type: 'filter', hook: 'prerouting', priority: -300 }, rules: [
        [isIn('bridges', inLink), equals(ipv4.destination, loopback4), drop],
        [isIn('bridges', inLink), equals(ipv4.source, loopback4), drop],
        [equals(inLink, Buffer.from(shardPrefix)), notrack],
      ],
    },
    {
      name: 'prerouting', hook: { type: 'nat', hook: 'prerouting', priority: -100 }, rules: [
        [equals(ipv4.destination, loopback4), giveBack],
        [isForHost(), jump('publish')],
      ],
    },
    {
      name: 'output', hook: { type: 'nat', hook: 'output', priority: -100 }, rules: [
        ...(bridgedTranslation ? [[equals(ipv6.destination, loopback6), giveBack]] : []),
        [isForHost(), jump('publish')],
      ],
    },
    {
      name: 'publish', rules: [
        [translate('dnat', { family: protocolFamily.ipv4, map: 'published4', port: true }, ipv4.destination, protocol, destinationPort)],
        [translate('dnat', { family: protocolFamily.ipv4, map: 'published4any', port: true }, protocol, destinationPort)],
        [translate('dnat', { family: protocolFamily.ipv6, map: 'published6', port: true }, ipv6.destination, protocol, destinationPort)],
        [translate('dnat', { family: protocolFamily.ipv6, map: 'published6any', port: true }, protocol, destinationPort)],
      ],
    },
    {
      name: 'postrouting', hook: { type: 'nat', hook: 'postrouting', priority: 100 }, rules: [
        [isIn('bridges', outLink), equals(ipv4.source, loopback4), masquerade],
        [isIn('bridges', outLink), equals(ipv6.source, loopback6), masquerade],
        [isIn('same', inLink, outLink), wasPublished, masquerade],
        [equals(inLinkIndex, Buffer.alloc(4)), isIn('bridges', outLink), wasPublished, masquerade],
        [isIn('same', inLink, outLink), giveBack],
        [ofIpv4, isIn('masquerading4', inLink), masquerade],
        [ofIpv6, isIn('masquerading6', inLink), masquerade],
        [translate('snat', { family: protocolFamily.ipv4, map: 'source4', port: false }, inLink)],
        [translate('snat', { family: protocolFamily.ipv6, map: 'source6', port: false }, inLink)],
      ],
    },
    {
      name: 'forward', hook: { type: 'filter', hook: 'forward', priority: 0 }, rules: [
        [isNotIn('bridges', inLink), isNotIn('bridges', outLink), accept],
        [isAnswer, accept],
        [isIn('same', inLink, outLink), jump('within')],
        [isIn('internal', inLink), drop],
        [isIn('internal', outLink), drop],
        [isNotIn('bridges', outLink), accept],
        [wasPublished, accept],
        [isIn('trusted', inLink, outLink), isIn('offered4', ipv4.destination, protocol, destinationPort), accept],
        [isIn('trusted', inLink, outLink), isIn('offered6', ipv6.destination, protocol, destinationPort), accept],
        [isIn('exposed4', ipv4.destination, protocol, destinationPort), accept],
        [isIn('exposed6', ipv6.destination, protocol, destinationPort), accept],
        [isIn('routed4', outLink), equals(ipv4.protocol, Buffer.from([protocolNumber.icmp])), accept],
        [isIn('routed6', outLink), equals(protocol, Buffer.from([protocolNumber.icmp6])), accept],
        [isNotIn('bridges', inLink), isIn('open4', outLink), ofIpv4, accept],
        [isNotIn('bridges', inLink), isIn('open6', outLink), ofIpv6, accept],
        [drop],
      ],
    },
    {
      name: 'within', rules: [
        [wasPublished, accept],
        [isIn('isolated', inLink), drop],
        [accept],
      ],
    },
  ];
}
