import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../base/errors.ts';
import { createNetns, removeNetns } from '../../../host/namespaces.ts';
import { openNftables } from '../../../host/nftables.ts';
import { addBridge, addVeth } from '../../../host/netlink/requests.ts';
import { RouteSocket } from '../../../host/netlink/socket.ts';
import { readSysctl } from '../../../host/sysctl.ts';
import { finding, ok, type Finding } from '../check.ts';

/** What the default network is made of, tried in a network namespace that is thrown away. */
export function networkFindings(): Finding[] {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-doctor-'));
  const path = join(folder, 'net');
  const findings: Finding[] = [];
  try {
    createNetns(path, () => findings.push(links(), translation()));
  } catch (error) {
    findings.push(finding('network', 'fail', `no network namespace can be made: ${messageOf(error)}`, 'Use a kernel with CONFIG_NET_NS.'));
  } finally {
    removeNetns(path);
    rmSync(folder, { recursive: true, force: true });
  }
  return [...findings, forwarding(), ...foreignFirewall()];
}

function links(): Finding {
  try {
    using route = new RouteSocket();
    route.run(addBridge('doctor0', {}), addVeth({ name: 'doctor1' }, { name: 'doctor2' }));
    return ok('links', 'bridge and veth');
  } catch (error) {
    return finding('links', 'fail', messageOf(error), 'Load the modules: modprobe bridge veth. Until then containers have only --net=none and --net=host.');
  }
}

/** A map that sends ports to addresses, and masquerading: the two things that published ports and the way out need. */
const trialRuleset = `table inet doctor {
  map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
  chain inbound { type nat hook prerouting priority dstnat; dnat ip to meta l4proto . th dport map @ports; }
  chain outbound { type nat hook postrouting priority srcnat; masquerade; }
}`;

function translation(): Finding {
  try {
    const nft = openNftables();
    try {
      nft.run(trialRuleset);
    } finally {
      nft.close();
    }
    return ok('nftables', 'address translation, masquerading, maps');
  } catch (error) {
    const remedy = 'Run as root: gantry setup (the library), and modprobe nf_tables nft_nat nft_masq (the kernel).';
    return finding('nftables', 'fail', messageOf(error), remedy);
  }
}

function forwarding(): Finding {
  return ok('forwarding', readSysctl('net/ipv4/ip_forward') === '1' ? 'IPv4 forwarding is on' : 'IPv4 forwarding is off; the daemon turns it on');
}

/** Docker and some firewalls drop what is forwarded unless a rule of theirs accepts it; an accept of ours cannot undo their drop. */
function foreignFirewall(): Finding[] {
  try {
    const nft = openNftables();
    try {
      const dropping = forwardDrops(nft.list('list chains'));
      if (dropping.length === 0) return [ok('firewall', 'nobody drops forwarded packets by policy')];
      const remedy = "Accept Gantry's bridges there. Where Docker runs: iptables -I DOCKER-USER -i gb-+ -j ACCEPT; iptables -I DOCKER-USER -o gb-+ -j ACCEPT";
      return [finding('firewall', 'warn', `forwarded packets are dropped by policy in ${dropping.join(', ')}`, remedy)];
    } finally {
      nft.close();
    }
  } catch {
    return []; // the finding 'nftables' says why
  }
}

interface Chain { family: string; table: string; name: string; hook?: string; policy?: string }

/** Base chains on the forward hook whose policy is drop, from nft's JSON. */
export function forwardDrops(listing: unknown[]): string[] {
  return listing
    .map((item) => (item as { chain?: Chain }).chain)
    .filter((chain) => chain !== undefined)
    .filter(({ hook, policy }) => hook === 'forward' && policy === 'drop')
    .map(({ family, table, name }) => `${family} ${table} ${name}`);
}
