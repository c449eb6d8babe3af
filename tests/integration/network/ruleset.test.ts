import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { createNetns, removeNetns, withNetns } from '../../../src/host/namespaces.ts';
import { NftablesSocket } from '../../../src/host/nftables/socket.ts';
import { shardPrefix } from '../../../src/network/bridge/names.ts';
import { addElements, type Element } from '../../../src/network/firewall/elements.ts';
import { newRuleset, tableOf } from '../../../src/network/firewall/ruleset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const { name } = tableOf('x');

/** The rules in nft's own language. */
const asText = `
table inet ${name} {
  comment "/var/lib/gantry"
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
  set offered4 { type ipv4_addr . inet_proto . inet_service; }
  set offered6 { type ipv6_addr . inet_proto . inet_service; }
  set exposed4 { type ipv4_addr . inet_proto . inet_service; }
  set exposed6 { type ipv6_addr . inet_proto . inet_service; }
  map source4 { type ifname : ipv4_addr; }
  map source6 { type ifname : ipv6_addr; }
  map published4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
  map published4any { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map published6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
  map published6any { type inet_proto . inet_service : ipv6_addr . inet_service; }
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
    iifname . oifname @trusted ip daddr . meta l4proto . th dport @offered4 accept
    iifname . oifname @trusted ip6 daddr . meta l4proto . th dport @offered6 accept
    ip daddr . meta l4proto . th dport @exposed4 accept
    ip6 daddr . meta l4proto . th dport @exposed6 accept
    oifname @routed4 ip protocol 1 accept
    oifname @routed6 meta l4proto 58 accept
    iifname != @bridges oifname @open4 meta nfproto ipv4 accept
    iifname != @bridges oifname @open6 meta nfproto ipv6 accept
    drop
  }
  chain within {
    ct status dnat accept
    iifname @isolated drop
    accept
  }
}
insert rule inet ${name} output ip6 daddr ::1 return
`;

const elements: [Element, asText: string][] = [
  [{ set: 'bridges', key: ['gb-abc'] }, 'bridges { "gb-abc" }'],
  [{ set: 'same', key: ['gb-abc', 'gb-abc'] }, 'same { "gb-abc" . "gb-abc" }'],
  [{ set: 'source4', key: ['gb-abc'], value: ['192.0.2.7'] }, 'source4 { "gb-abc" : 192.0.2.7 }'],
  [{ set: 'published4', key: ['127.0.0.1', 6, 80], value: ['172.17.0.2', 8080] }, 'published4 { 127.0.0.1 . 6 . 80 : 172.17.0.2 . 8080 }'],
  [{ set: 'published4any', key: [132, 80], value: ['172.17.0.2', 8080] }, 'published4any { 132 . 80 : 172.17.0.2 . 8080 }'],
  [{ set: 'published6any', key: [17, 53], value: ['fd00::2', 5353] }, 'published6any { 17 . 53 : fd00::2 . 5353 }'],
  [{ set: 'exposed6', key: ['fd00::2', 6, 80] }, 'exposed6 { fd00::2 . 6 . 80 }'],
];

function run(namespace: string, ...command: string[]): string {
  const { status, stdout, stderr } = spawnSync('nsenter', [`--net=${namespace}`, 'nft', ...command], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

test('the rules that the kernel is given are those that nft makes of the same words', async () => {
  await using folder = await temporaryFolder();
  const [ours, theirs] = [join(folder.path, 'ours'), join(folder.path, 'theirs')];
  for (const namespace of [ours, theirs]) createNetns(namespace);
  using _namespaces = { [Symbol.dispose]: () => [ours, theirs].forEach(removeNetns) };
  using nftables = withNetns(ours, () => new NftablesSocket());
  nftables.transaction([...newRuleset(tableOf('x'), { bridgedTranslation: true, root: '/var/lib/gantry' }), ...addElements(tableOf('x'), elements.map(([element]) => element))]);
  run(theirs, asText);
  for (const [, text] of elements) run(theirs, `add element inet ${name} ${text}`);
  assert.equal(run(ours, 'list', 'table', 'inet', name), run(theirs, 'list', 'table', 'inet', name));
});
