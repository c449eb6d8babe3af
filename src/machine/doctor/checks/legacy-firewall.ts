import { legacyForwardPolicy } from '../../../host/iptables-legacy.ts';
import { finding, type Finding } from '../check.ts';

/** What nft does not show: an old iptables that drops what is forwarded. Nothing to say where nobody uses it. */
export function legacyFirewallFindings(): Finding[] {
  if (legacyForwardPolicy() !== 'drop') return [];
  const remedy = 'iptables-legacy -A FORWARD -i gb-+ -j ACCEPT; iptables-legacy -A FORWARD -o gb-+ -j ACCEPT (where Docker runs: -I DOCKER-USER)';
  return [finding('firewall', 'warn', 'forwarded packets are dropped by policy in FORWARD of iptables-legacy', remedy)];
}
