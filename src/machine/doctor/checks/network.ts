import { constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../base/errors.ts';
import { mayAccess } from '../../../host/access.ts';
import { createNetns, removeNetns } from '../../../host/namespaces.ts';
import { protocolFamily } from '../../../host/netlink/netfilter-message.ts';
import { addBridge, addVeth } from '../../../host/netlink/requests.ts';
import { RouteSocket } from '../../../host/netlink/socket.ts';
import { destinationPort, masquerade, protocol, translate } from '../../../host/nftables/expressions.ts';
import { forwardDrops } from '../../../host/nftables/forward-drops.ts';
import { newChain, newRule, newSet, newTable } from '../../../host/nftables/messages.ts';
import { NftablesSocket } from '../../../host/nftables/socket.ts';
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
function translation(): Finding {
  const table = { family: protocolFamily.inet, name: 'doctor' };
  const toMap = translate('dnat', { family: protocolFamily.ipv4, map: 'ports', port: true }, protocol, destinationPort);
  try {
    using nftables = new NftablesSocket();
    nftables.transaction([
      newTable(table), newSet(table, { name: 'ports', key: ['protocol', 'port'], value: ['ipv4', 'port'] }, 1),
      newChain(table, 'inbound', { type: 'nat', hook: 'prerouting', priority: -100 }), newRule(table, 'inbound', toMap),
      newChain(table, 'outbound', { type: 'nat', hook: 'postrouting', priority: 100 }), newRule(table, 'outbound', masquerade),
    ]);
    return ok('nftables', 'address translation, masquerading, maps');
  } catch (error) {
    return finding('nftables', 'fail', messageOf(error), 'Load the modules: modprobe nf_tables nft_nat nft_masq. A container cannot load them: ask the owner of the host.');
  }
}

/** Where /proc/sys is read-only, as in most containers, nobody inside can turn it on. */
export function forwarding(state = readSysctl('net/ipv4/ip_forward'), writable = mayAccess('/proc/sys/net/ipv4/ip_forward', constants.W_OK)): Finding {
  if (state === '1') return ok('forwarding', 'IPv4 forwarding is on');
  if (writable) return ok('forwarding', 'IPv4 forwarding is off; the daemon turns it on');
  return finding('forwarding', 'fail', 'IPv4 forwarding is off, and /proc/sys cannot be written to', 'Turn it on from outside: sysctl -w net.ipv4.ip_forward=1');
}

/** Docker and some firewalls drop what is forwarded unless a rule of theirs accepts it; an accept of ours cannot undo their drop. */
function foreignFirewall(): Finding[] {
  try {
    using nftables = new NftablesSocket();
    const dropping = forwardDrops(nftables.chains(0)).map(({ family, table, chain }) => `${family} ${table} ${chain}`);
    if (dropping.length === 0) return [ok('firewall', 'nobody drops forwarded packets by policy')];
    const remedy = "Accept Gantry's bridges there. Where Docker runs: iptables -I DOCKER-USER -i gb-+ -j ACCEPT; iptables -I DOCKER-USER -o gb-+ -j ACCEPT";
    return [finding('firewall', 'warn', `forwarded packets are dropped by policy in ${dropping.join(', ')}`, remedy)];
  } catch {
    return []; // the finding 'nftables' says why
  }
}
