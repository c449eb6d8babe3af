import { readFileSync } from 'node:fs';
import { containerResolver, isLoopback, parseResolvConf, systemdResolvedFile, type ResolverSettings } from '../../network/files/resolv-conf.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { NetworkDeps } from './deps.ts';
import type { NetworkSettings } from './settings.ts';

export const hostFile = '/etc/resolv.conf';

/** The name servers, search and options of a container, what it asked for, else the host's; and the file of the host that they are from. */
export function resolverOf({ settings }: Pick<NetworkDeps, 'settings'>, { hostConfig }: Pick<ContainerRecord, 'hostConfig'>): { settings: ResolverSettings; file: string } {
  const { host, file } = reachable(parseResolvConf(readOptional(hostFile)));
  return { settings: containerResolver(host, askedOf(settings, hostConfig)), file };
}

/** systemd-resolved's stub cannot be reached from a container: take the servers behind it. */
function reachable(host: ResolverSettings): { host: ResolverSettings; file: string } {
  const behind = host.nameservers.every(isLoopback) ? parseResolvConf(readOptional(systemdResolvedFile)).nameservers : [];
  return behind.length === 0 ? { host, file: hostFile } : { host: { ...host, nameservers: behind }, file: systemdResolvedFile };
}

/** Whom the resolver at 127.0.0.11 asks for this container: it asks from the host's namespace, so name servers at the host's loopback will do. */
export function upstreamsOf({ settings }: Pick<NetworkDeps, 'settings'>, { hostConfig }: Pick<ContainerRecord, 'hostConfig'>): string[] {
  const { dns } = askedOf(settings, hostConfig);
  return dns.length > 0 ? dns : parseResolvConf(readOptional(hostFile)).nameservers;
}

/** What the container asks for, or the owner of the host for all of them; empty where neither does. */
export function askedOf(settings: Pick<NetworkSettings, 'dns' | 'dnsSearch' | 'dnsOptions'>, { dns, dnsSearch, dnsOptions }: ContainerRecord['hostConfig']): typeof settings {
  const first = (asked: string[] | undefined, otherwise: string[]): string[] => (asked !== undefined && asked.length > 0 ? asked : otherwise);
  return { dns: first(dns, settings.dns), dnsSearch: first(dnsSearch, settings.dnsSearch), dnsOptions: first(dnsOptions, settings.dnsOptions) };
}

export function readOptional(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
