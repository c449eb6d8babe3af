import type { ForwardDrop } from '../../host/nftables/forward-drops.ts';

/**
 * The nft commands with which the owner lets containers' packets through that chain to our own rules, which decide about them.
 * They stand at the end, so whatever the chain drops by name stays dropped. In iptables the same is `-A FORWARD -i gb-+ -j ACCEPT`.
 * The engine does not run them: that firewall is not its own.
 */
export function letThrough({ family, table, chain }: ForwardDrop, bridgePrefix: string): string[] {
  return ['iifname', 'oifname'].map((side) => `add rule ${family} ${table} ${chain} ${side} "${bridgePrefix}*" accept`);
}
