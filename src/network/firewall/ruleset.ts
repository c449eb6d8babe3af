import { shardPrefix } from '../bridge/names.ts';

/**
 * The firewall of one instance: one nft table, whose rules never change; networks and published ports are elements of its sets and maps.
 *
 * What it promises:
 * - A published port is reachable at its host address, from outside, from the host itself (localhost too) and from every container,
 *   the publishing one included. A port published at 127.0.0.1 is reachable from the host alone.
 * - Nothing else of a container is reachable from outside or from another network, also not by a route to its address; but for networks that were made to be
 *   routed to (`exposed`, `routed`, `open`, `trusted`), as `GatewayMode` says.
 * - Internal networks reach nothing beyond their bridge; containers never reach the host's 127.0.0.0/8.
 *
 * The owner of the host filters before or beside it: published traffic passes the forward hook with the container's address as its
 * destination (`meta l4proto tcp ct original proto-dst 8080` is the port on the host), and a drop in any other table is final. So a chain of one's own with
 * `type filter hook forward priority filter - 10` decides first. This table belongs to the daemon: rules added to it are lost at its next start.
 */
export function tableName(instanceId: string): string {
  return `gantry-${instanceId}`;
}

/** Replaces the table, whatever it held, by the rules and these elements: one transaction, so no packet meets half of it. */
export function rulesetText(instanceId: string, elementCommands: string[], options: {
  /** The kernel translates packets while it bridges them (br_netfilter). */
  bridgedTranslation: boolean;
}): string {
  const table = tableName(instanceId);
  return [`add table inet ${table}`, `delete table inet ${table}`, `table inet ${table} {`, sets, chains, '}', ...loopbackCommands(table, options), ...elementCommands, ''].join('\n');
}

/** An answer that is translated back to ::1 while it is bridged never arrives: refused at once, a client goes on to 127.0.0.1. */
function loopbackCommands(table: string, { bridgedTranslation }: { bridgedTranslation: boolean }): string[] {
  return bridgedTranslation ? [`insert rule inet ${table} output ip6 daddr ::1 return`] : [];
}

export function removeRulesetText(instanceId: string): string {
  const table = tableName(instanceId);
  return `add table inet ${table}\ndelete table inet ${table}\n`;
}

/** libnftables looks names of protocols up in /etc/protocols, which a small host does not have. */
export const protocolNumber = { icmp: 1, tcp: 6, udp: 17, icmp6: 58, sctp: 132 } as const;

const sets = `
  set bridges { type ifname; }
  set same { type ifname . ifname; }
  set internal { type ifname; }
  set isolated { type ifname; }
  set masquerading4 { type ifname; }
  set masquerading6 { type ifname; }
  set routed4 { type ifname; }
  set routed6 { type ifname; }
  set open4 { type ifname; }
  set open6 { type ifname; }
  set trusted { type ifname . ifname; }
  set exposed4 { type ipv4_addr . inet_proto . inet_service; }
  set exposed6 { type ipv6_addr . inet_proto . inet_service; }
  map source4 { type ifname : ipv4_addr; }
  map source6 { type ifname : ipv6_addr; }
  map published4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
  map published4any { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map published6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
  map published6any { type inet_proto . inet_service : ipv6_addr . inet_service; }`;

/**
 * `prerouting` leaves 127.0.0.0/8 alone: a neighbour on the LAN can send such packets, and translation would let them in.
 * In `postrouting`, no incoming interface means a packet of the host's own or, with br_netfilter, one that is translated while it is bridged;
 * answers to either have to come back to the host to be translated back.
 * A network's further bridges translate nothing (br_netfilter would have them do it): the first one does, and sees every packet once.
 * `loopback` is what makes route_localnet on the bridges safe: translated answers carry the bridge's address there.
 */
const chains = `
  chain loopback {
    type filter hook prerouting priority raw; policy accept;
    iifname @bridges ip daddr 127.0.0.0/8 drop
    iifname @bridges ip saddr 127.0.0.0/8 drop
    iifname "${shardPrefix}*" notrack
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 127.0.0.0/8 return
    fib daddr type local jump publish
  }
  chain output {
    type nat hook output priority -100; policy accept;
    fib daddr type local jump publish
  }
  chain publish {
    dnat ip to ip daddr . meta l4proto . th dport map @published4
    dnat ip to meta l4proto . th dport map @published4any
    dnat ip6 to ip6 daddr . meta l4proto . th dport map @published6
    dnat ip6 to meta l4proto . th dport map @published6any
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname @bridges ip saddr 127.0.0.0/8 masquerade
    oifname @bridges ip6 saddr ::1 masquerade
    iifname . oifname @same ct status dnat masquerade
    iif 0 oifname @bridges ct status dnat masquerade
    iifname . oifname @same return
    meta nfproto ipv4 iifname @masquerading4 masquerade
    meta nfproto ipv6 iifname @masquerading6 masquerade
    snat ip to iifname map @source4
    snat ip6 to iifname map @source6
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname != @bridges oifname != @bridges accept
    ct state established,related accept
    iifname . oifname @same jump within
    iifname @internal drop
    oifname @internal drop
    oifname != @bridges accept
    ct status dnat accept
    iifname . oifname @trusted accept
    ip daddr . meta l4proto . th dport @exposed4 accept
    ip6 daddr . meta l4proto . th dport @exposed6 accept
    oifname @routed4 ip protocol ${protocolNumber.icmp} accept
    oifname @routed6 meta l4proto ${protocolNumber.icmp6} accept
    iifname != @bridges oifname @open4 meta nfproto ipv4 accept
    iifname != @bridges oifname @open6 meta nfproto ipv6 accept
    drop
  }
  chain within {
    ct status dnat accept
    iifname @isolated drop
    accept
  }`;
