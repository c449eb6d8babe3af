import { readFileSync } from 'node:fs';
import { containerResolver, isLoopback, parseResolvConf, systemdResolvedFile, type ResolverSettings } from '../../network/files/resolv-conf.ts';
import type { ContainerRecord } from '../containers/record.ts';

/** The name servers, search and options of a container: what it asked for, else the host's. */
export function resolverOf(record: Pick<ContainerRecord, 'hostConfig'>): ResolverSettings {
  const { dns, dnsSearch, dnsOptions } = record.hostConfig;
  return containerResolver(reachable(parseResolvConf(readOptional('/etc/resolv.conf'))), { dns, dnsSearch, dnsOptions });
}

/** systemd-resolved's stub cannot be reached from a container: take the servers behind it. */
function reachable(host: ResolverSettings): ResolverSettings {
  if (!host.nameservers.every(isLoopback)) return host;
  const behind = parseResolvConf(readOptional(systemdResolvedFile));
  return behind.nameservers.length === 0 ? host : { ...host, nameservers: behind.nameservers };
}

export function readOptional(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
