import { hostname as hostName } from 'node:os';
import { GantryError } from '../../base/errors.ts';
import { extraHosts, hostsFile } from '../../network/files/hosts.ts';
import { nameserverComplaint } from '../../network/files/nameserver.ts';
import { resolvConfText, throughEmbedded } from '../../network/files/resolv-conf.ts';
import { badNameserver } from '../containers/start-failure.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { NetworkDeps } from './deps.ts';
import { askedOf, hostFile, readOptional, resolverOf, upstreamsOf } from './host-resolver.ts';
import { namedEndpoints } from './container-names.ts';
import { hasNoIpv6 } from './endpoints.ts';
import { linkedContainers, linkHosts } from './links.ts';
import { networkModeOf } from './plan-endpoints.ts';
import { bridgeNetworkOf } from './kernel-network.ts';

export interface ContainerFiles { hosts: string; hostname: string; resolvConf: string }

/** The three generated files of a container whose endpoints are attached. One that joins another's namespace has the other's. @throws internal for a name server that is no address */
export function containerFiles(deps: Pick<NetworkDeps, 'catalog' | 'containers' | 'settings'>, record: ContainerRecord): ContainerFiles {
  const mode = networkModeOf(record.hostConfig.networkMode);
  if (mode.kind === 'container') return containerFiles(deps, deps.containers.find(mode.container));
  checkNameservers(askedOf(deps.settings, record.hostConfig).dns);
  return {
    hosts: mode.kind === 'host' ? hostModeHosts(deps, record) : ownHosts(deps, record),
    hostname: `${record.config.hostname || hostName()}\n`,
    resolvConf: resolvConf(deps, record, mode.kind === 'host'),
  };
}

function ownHosts(deps: Pick<NetworkDeps, 'catalog' | 'containers' | 'settings'>, record: ContainerRecord): string {
  const links = record.endpoints['bridge'] === undefined ? [] : linkHosts(linkedContainers(deps, record));
  return hostsFile({
    extra: [...extraHosts(record.hostConfig.extraHosts ?? [], hostGateways(deps)), ...links],
    own: { addresses: addressesOf(record), hostname: record.config.hostname ?? '', domainname: record.config.domainname ?? '' },
    ipv6: !hasNoIpv6(record),
  });
}

/** All of its addresses, without prefix length. */
export function addressesOf(record: ContainerRecord): string[] {
  return Object.values(record.endpoints).flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]).filter((address) => address !== undefined).map((address) => address.split('/')[0] ?? '');
}

/** The host's own file, and what was added. */
function hostModeHosts(deps: Pick<NetworkDeps, 'catalog' | 'settings'>, record: ContainerRecord): string {
  const added = extraHosts(record.hostConfig.extraHosts ?? [], hostGateways(deps)).map(([address, name]) => `${address}\t${name}\n`);
  return `${readOptional('/etc/hosts').replace(/([^\n])$/, '$1\n')}${added.join('')}`;
}

/** Where `host-gateway` leads: where the owner says, else the default bridge's addresses on the host. */
function hostGateways(deps: Pick<NetworkDeps, 'catalog' | 'settings'>): string[] {
  if (deps.settings.hostGateways.length > 0) return deps.settings.hostGateways;
  const record = deps.catalog.byName('bridge');
  const bridge = record === undefined ? undefined : bridgeNetworkOf(record);
  return [bridge?.ipv4?.gateway, bridge?.ipv6?.gateway].filter((gateway) => gateway !== undefined);
}

/** As Docker has it, what was asked for is looked at when it is used. */
function checkNameservers(servers: readonly string[]): void {
  for (const server of servers) {
    const complaint = nameserverComplaint(server);
    if (complaint !== undefined) throw new GantryError('internal', `${badNameserver} ${server}: ${complaint}`);
  }
}

/** @param sharesHost it is in the host's namespace */
export function resolvConf(deps: Pick<NetworkDeps, 'catalog' | 'settings'>, record: ContainerRecord, sharesHost: boolean): string {
  const asked = askedOf(deps.settings, record.hostConfig);
  if (sharesHost && !Object.values(asked).some((list) => list.length > 0)) return readOptional(hostFile);
  const { settings, file } = resolverOf(deps, record);
  const origin = { hostFile: file, asked, sharesHost };
  if (namedEndpoints(deps, record).length === 0) return resolvConfText(settings, origin);
  return resolvConfText(throughEmbedded(settings), { ...origin, upstreams: upstreamsOf(deps, record) });
}
