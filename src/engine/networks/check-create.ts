import { isIP } from 'node:net';
import { GantryError } from '../../base/errors.ts';
import { parseSubnet, subnetHolds, type Subnet } from '../../network/addresses/subnet.ts';
import { predefinedNames } from './default-networks.ts';
import type { IpamPool, NetworkCreateRequest } from './verbs.ts';

const knownOptions: readonly string[] = ['bridge.name', 'bridge.enable_ip_masquerade', 'bridge.enable_icc', 'bridge.host_binding_ipv4', 'driver.mtu']
  .map((name) => `com.docker.network.${name}`);

/** Refuses what cannot be honoured, by name. @throws invalid, forbidden, notFound */
export function checkCreate(request: NetworkCreateRequest): void {
  const { name, driver } = request;
  if (predefinedNames.includes(name)) throw new GantryError('forbidden', `operation is not permitted on predefined ${name} network`);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) throw new GantryError('invalid', `invalid network name "${name}": only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  if (driver === 'host' || driver === 'null') throw new GantryError('forbidden', `only one instance of "${driver}" network is allowed`);
  if (driver !== 'bridge') throw new GantryError('notFound', `plugin "${driver}" not found`);
  if (request.ingress || request.scope === 'swarm') throw new GantryError('unavailable', 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.');
  if (request.configOnly || request.configFrom) throw invalid('a network from or for a configuration (--config-only, --config-from) is not supported by this engine');
  if (request.ipam.driver !== 'default') throw invalid(`the IPAM driver ${request.ipam.driver} is not supported by this engine`);
  for (const option of Object.keys(request.ipam.options)) throw invalid(`the IPAM option ${option} is not supported by this engine`);
  if (request.enableIPv4 === false && request.enableIPv6 !== true) throw invalid('IPv4 or IPv6 must be enabled');
  checkOptions(request.options);
  request.ipam.config.forEach(checkPool);
}

function checkOptions(options: Record<string, string>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!knownOptions.includes(name)) throw invalid(`the network option ${name} is not supported by this engine`);
    if (name.endsWith('enable_icc') || name.endsWith('masquerade')) {
      if (!/^(1|t|true|0|f|false)$/i.test(value)) throw invalid(`failed to parse ${name} value: "${value}" is not a boolean`);
    }
    if (name.endsWith('driver.mtu') && !(Number(value) >= 68 && Number(value) <= 65535)) throw invalid(`invalid MTU number: ${value}`);
    if (name.endsWith('bridge.name') && !/^[^\s/:"]{1,15}$/.test(value)) throw invalid(`invalid bridge name: ${value}`);
    if (name.endsWith('host_binding_ipv4') && isIP(value) !== 4) throw invalid(`invalid host binding address: ${value}`);
  }
}

function checkPool(pool: IpamPool): void {
  const subnet = parseSubnet(pool.subnet ?? '');
  if (subnet === undefined) throw invalid(`invalid subnet ${pool.subnet ?? ''}: invalid CIDR address`);
  const range = pool.ipRange ? parseSubnet(pool.ipRange) : undefined;
  if (pool.ipRange && range === undefined) throw invalid(`invalid ip-range ${pool.ipRange}: invalid CIDR block notation`);
  if (range !== undefined && !rangeFits(subnet, range, pool.ipRange ?? '')) throw invalid(`invalid ip-range ${pool.ipRange}: parent subnet is ${pool.subnet}`);
  const named = [['gateway', pool.gateway], ...Object.entries(pool.auxAddresses ?? {}).map(([name, address]) => [`auxiliary address ${name}`, address])];
  for (const [what, address] of named) {
    if (!address) continue;
    if (isIP(address) === 0) throw invalid(`invalid ${what} ${address}: invalid address`);
    if (!subnetHolds(subnet, address)) throw invalid(`invalid ${what} ${address}: parent subnet is ${pool.subnet}`);
  }
}

function rangeFits(subnet: Subnet, range: Subnet, text: string): boolean {
  return range.prefix >= subnet.prefix && subnetHolds(subnet, text.split('/')[0] ?? '');
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
