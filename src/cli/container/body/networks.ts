import { GantryError } from '../../../base/errors.ts';
import { csvFields } from './csv.ts';
import type { Endpoint } from './wire.ts';

/** One `--network`: a name, or `name=…,alias=…,ip=…`. */
export interface NetworkFlag {
  target: string;
  aliases: string[];
  ip: string;
  ip6: string;
  mac: string;
  linkLocal: string[];
  driverOptions: Record<string, string>;
  gatewayPriority: number;
}

export function parseNetwork(value: string): NetworkFlag {
  const network: NetworkFlag = { target: '', aliases: [], ip: '', ip6: '', mac: '', linkLocal: [], driverOptions: {}, gatewayPriority: 0 };
  if (!/[=,]/.test(value)) return { ...network, target: value };
  for (const field of csvFields(value)) {
    const equals = field.indexOf('=');
    if (equals < 0 || field === '') throw new Error(`invalid field ${field}`);
    apply(network, field.slice(0, equals).toLowerCase().trim(), field.slice(equals + 1).trim());
  }
  if (network.target === '') throw new Error('network name/id is not specified');
  return network;
}

function apply(network: NetworkFlag, key: string, value: string): void {
  switch (key) {
    case 'name': network.target = value; return;
    case 'alias': network.aliases.push(value); return;
    case 'ip': network.ip = value; return;
    case 'ip6': network.ip6 = value; return;
    case 'mac-address': network.mac = value; return;
    case 'link-local-ip': network.linkLocal.push(value); return;
    case 'driver-opt': {
      const equals = value.indexOf('=');
      if (equals < 0) throw new Error('invalid key value pair format in driver options');
      network.driverOptions[value.slice(0, equals).trim()] = value.slice(equals + 1).trim();
      return;
    }
    case 'gw-priority':
      if (!/^[+-]?\d+$/.test(value)) throw new Error(`invalid gw-priority: invalid syntax`);
      network.gatewayPriority = Number(value);
      return;
    default: throw new Error(`invalid field key ${key}`);
  }
}

/** Flags that speak of the first network (`--ip`, `--network-alias`, …). */
export interface FirstNetwork { aliases: readonly string[]; links: readonly string[]; ip: string; ip6: string; linkLocal: readonly string[]; mac: string }

/** Every endpoint by its network, with the single flags folded into the first one. Throws GantryError `invalid`. */
export function endpoints(networks: readonly NetworkFlag[], first: FirstNetwork): { mode: string; endpoints: Record<string, Endpoint> } {
  const all = networks.length === 0 ? [parseNetwork('default')] : networks;
  const mode = all[0]?.target ?? 'default';
  const result: Record<string, Endpoint> = {};
  for (const [index, network] of all.entries()) {
    if (network.target === '') throw invalid('no name set for network');
    if (index === 0) refuseTwice(network, first);
    const merged = index === 0 ? merge(network, first) : network;
    if (index > 0 && !isUserDefined(network.target) && all.length > 1 && ['host', 'none'].includes(network.target)) throw invalid(`conflicting options: cannot attach both user-defined and non-user-defined network-modes`);
    if (Object.hasOwn(result, merged.target)) throw invalid(`network "${merged.target}" is specified multiple times`);
    result[merged.target] = endpoint(merged, index === 0 ? first.links : []);
  }
  if (all.length > 1 && !all.every(({ target }) => isUserDefined(target) || target === 'bridge' || target === 'default')) {
    throw invalid('conflicting options: cannot attach both user-defined and non-user-defined network-modes');
  }
  return { mode, endpoints: result };
}

function refuseTwice(network: NetworkFlag, first: FirstNetwork): void {
  if (network.aliases.length > 0 && first.aliases.length > 0) throw invalid('conflicting options: cannot specify both --network-alias and per-network alias');
  if (first.aliases.length + network.aliases.length > 0 && !isUserDefined(network.target)) throw invalid('network-scoped aliases are only supported for user-defined networks');
  if (network.ip !== '' && first.ip !== '') throw invalid('conflicting options: cannot specify both --ip and per-network IPv4 address');
  if (network.ip6 !== '' && first.ip6 !== '') throw invalid('conflicting options: cannot specify both --ip6 and per-network IPv6 address');
  if (network.mac !== '' && first.mac !== '') throw invalid('conflicting options: cannot specify both --mac-address and per-network MAC address');
  if (network.linkLocal.length > 0 && first.linkLocal.length > 0) throw invalid('conflicting options: cannot specify both --link-local-ip and per-network link-local IP addresses');
}

function merge(network: NetworkFlag, first: FirstNetwork): NetworkFlag {
  return {
    ...network,
    aliases: [...network.aliases, ...first.aliases],
    ip: network.ip || first.ip,
    ip6: network.ip6 || first.ip6,
    mac: network.mac || first.mac,
    linkLocal: [...network.linkLocal, ...first.linkLocal],
  };
}

function endpoint(network: NetworkFlag, links: readonly string[]): Endpoint {
  const ipam = {
    ...(network.ip === '' ? {} : { IPv4Address: network.ip }),
    ...(network.ip6 === '' ? {} : { IPv6Address: network.ip6 }),
    ...(network.linkLocal.length === 0 ? {} : { LinkLocalIPs: network.linkLocal }),
  };
  return {
    ...(Object.keys(ipam).length === 0 ? {} : { IPAMConfig: ipam }),
    ...(links.length === 0 || !isUserDefined(network.target) ? {} : { Links: [...links] }),
    ...(network.aliases.length === 0 ? {} : { Aliases: network.aliases }),
    ...(network.mac === '' ? {} : { MacAddress: checkMac(network.mac) }),
    ...(Object.keys(network.driverOptions).length === 0 ? {} : { DriverOpts: network.driverOptions }),
    ...(network.gatewayPriority === 0 ? {} : { GwPriority: network.gatewayPriority }),
  };
}

export function isUserDefined(mode: string): boolean {
  return !['default', 'bridge', 'host', 'none'].includes(mode) && !mode.startsWith('container:');
}

export function checkMac(text: string): string {
  if (!/^([0-9a-fA-F]{2}([:-])){5}[0-9a-fA-F]{2}$/.test(text.trim())) throw invalid(`${text} is not a valid mac address`);
  return text.trim();
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
