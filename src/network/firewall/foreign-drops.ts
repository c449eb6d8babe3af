/** A chain of another firewall (Docker's, ufw's, the owner's own) that drops every forwarded packet it does not know. */
export interface ForeignDrop { family: string; table: string; chain: string }

/**
 * Among the chains that nft lists, those before which our `accept` does not count: in nftables a packet must pass every table.
 * Docker sets such a policy when it turns forwarding on. Rules of iptables-legacy are not visible here.
 */
export function foreignForwardDrops(listing: readonly unknown[]): ForeignDrop[] {
  return listing.flatMap((item) => {
    const chain = (item as { chain?: { family: string; table: string; name: string; hook?: string; policy?: string } }).chain;
    if (chain?.hook !== 'forward' || chain.policy !== 'drop' || !['ip', 'ip6', 'inet'].includes(chain.family)) return [];
    return [{ family: chain.family, table: chain.table, chain: chain.name }];
  });
}

/**
 * The nft commands with which the owner lets containers' packets through that chain to our own rules, which decide about them.
 * They stand at the end, so whatever the chain drops by name stays dropped. In iptables the same is `-A FORWARD -i gb-+ -j ACCEPT`.
 * The engine does not run them: that firewall is not its own.
 */
export function letThrough({ family, table, chain }: ForeignDrop, bridgePrefix: string): string[] {
  return ['iifname', 'oifname'].map((side) => `add rule ${family} ${table} ${chain} ${side} "${bridgePrefix}*" accept`);
}
