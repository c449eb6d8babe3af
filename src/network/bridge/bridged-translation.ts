import { readSysctl } from '../../host/sysctl.ts';

/** What the kernel does to packets that it bridges (br_netfilter): any tool of the host may turn it on or off at any time. */
export interface BridgedTranslation {
  /** It translates IPv4 packets: one from a container to its own published port then leaves by the port where it came in. */
  ipv4: boolean;
  /** All packets pass the firewall's forward hook. */
  filtered: boolean;
}

export function bridgedTranslation(): BridgedTranslation {
  const [ipv4, ipv6] = ['iptables', 'ip6tables'].map((family) => readSysctl(`net/bridge/bridge-nf-call-${family}`) === '1');
  return { ipv4: ipv4 === true, filtered: ipv4 === true && ipv6 === true };
}

/**
 * Settings of a container's port. Without translation, hairpin would only reflect broadcasts, and packets to published ports are routed, so isolated
 * ports still reach them. With it, a translated packet stays on the bridge, where isolation would stop it: there the firewall tells published traffic from other.
 * @param options.further the port is on a further bridge, where nothing is translated
 */
export function portSettings(translation: BridgedTranslation, { icc, further }: { icc: boolean; further: boolean }): { isolated: boolean; hairpin: boolean } {
  return { isolated: !icc && (further || !translation.filtered), hairpin: translation.ipv4 && !further };
}
