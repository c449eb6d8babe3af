import { protocolFamily } from '../netlink/netfilter-message.ts';
import { hooks } from './messages.ts';
import type { Chain } from './socket.ts';

/** A chain that drops every forwarded packet it does not know: Docker's, ufw's, the owner's own. `family` is as nft calls it. */
export interface ForwardDrop { family: string; table: string; chain: string }

/** Those families whose forward hook sees a container's packets. */
const familyNames = new Map<number, string>([[protocolFamily.inet, 'inet'], [protocolFamily.ipv4, 'ip'], [protocolFamily.ipv6, 'ip6']]);

/**
 * Among all chains of the host, those before which nobody else's `accept` counts: in nftables a packet must pass every table.
 * Docker sets such a policy when it turns forwarding on. Rules of iptables-legacy are not visible here.
 */
export function forwardDrops(chains: readonly Chain[]): ForwardDrop[] {
  return chains.flatMap(({ family, table, name, hook }) => {
    const familyName = familyNames.get(family);
    if (familyName === undefined || hook?.number !== hooks.forward || hook.policy !== 'drop') return [];
    return [{ family: familyName, table, chain: name }];
  });
}
