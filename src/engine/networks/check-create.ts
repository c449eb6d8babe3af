import { GantryError } from '../../base/errors.ts';
import { parseSubnet } from '../../network/addresses/subnet.ts';
import { noSwarm } from '../no-swarm.ts';
import { checkOptions } from './check-options.ts';
import { checkPools } from './check-pools.ts';
import { predefinedNames } from './default-networks.ts';
import { isEnabled } from './kernel-network.ts';
import type { IpamPool, NetworkCreateRequest } from './verbs.ts';

/** Refuses what cannot be honoured, by name. @throws invalid, forbidden, notFound, unavailable */
export function checkCreate(request: NetworkCreateRequest): void {
  const { name, driver } = request;
  if (predefinedNames.includes(name) || name === 'default') throw new GantryError('forbidden', `operation is not permitted on predefined ${name} network `);
  if (name.trim() === '') throw invalid('invalid name: name is empty');
  if (request.configOnly) return checkConfiguration(request);
  checkDriver(driver);
  checkScope(request);
  if (request.ipam.driver !== 'default') throw new GantryError('notFound', `plugin "${request.ipam.driver}" not found`);
  if (request.enableIPv4 === false && request.enableIPv6 !== true) throw invalid('IPv4 or IPv6 must be enabled');
  checkOptions(driver, request.options, request);
  checkPools(request.ipam.config.filter((pool) => isOfEnabledFamily(request, pool)));
}

/** A pool of a family that is off is used for nothing, and may be anything. */
function isOfEnabledFamily(request: NetworkCreateRequest, { subnet = '' }: IpamPool): boolean {
  const family = parseSubnet(subnet)?.family;
  return family === undefined || isEnabled(request, family);
}

/** What only a swarm has. */
function checkScope({ scope, ingress }: NetworkCreateRequest): void {
  if (scope === 'swarm') throw new GantryError('forbidden', 'cannot create a swarm scoped network when swarm is not active');
  if (ingress) throw new GantryError('forbidden', 'Ingress network can only be global scope network');
  if (scope !== undefined && scope !== '' && scope !== 'local') throw new GantryError('unavailable', noSwarm);
}

function checkDriver(driver: string): void {
  if (driver === 'host' || driver === 'null') throw new GantryError('forbidden', `only one instance of "${driver}" network is allowed`);
  if (driver === 'overlay') throw new GantryError('forbidden', noSwarm);
  if (driver === 'ipvlan') throw invalid('the network driver ipvlan is not supported by this engine: use macvlan, or bridge');
  if (driver !== 'bridge' && driver !== 'macvlan') throw new GantryError('notFound', `plugin "${driver}" not found`);
}

/** A network that only holds settings for others. */
function checkConfiguration(request: NetworkCreateRequest): void {
  if (request.configFrom) throw new GantryError('forbidden', 'a configuration network cannot depend on another configuration network');
  if (request.internal || request.attachable || request.ingress || request.scope) {
    throw new GantryError('forbidden', 'configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.');
  }
  checkPools(request.ipam.config);
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
