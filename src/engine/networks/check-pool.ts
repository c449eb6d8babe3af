import { isIP } from 'node:net';
import { GantryError } from '../../base/errors.ts';
import { addressNumber, parseSubnet, subnetHolds, subnetSize, subnetText, type Subnet } from '../../network/addresses/subnet.ts';
import type { IpamPool } from './verbs.ts';

/** One pool that a person asked for, in Docker's sentences. @throws invalid */
export function checkPool(pool: IpamPool): void {
  const subnet = parseSubnet(pool.subnet ?? '');
  if (subnet === undefined) throw invalid(`invalid subnet ${pool.subnet ?? ''}: invalid CIDR block notation`);
  if (!sameBlock(pool.subnet ?? '', subnetText(subnet))) throw invalid(`invalid subnet ${pool.subnet}: it should be ${subnetText(subnet)}`);
  const within = (what: string, address: string): void => {
    if (isIP(address) === 0) throw invalid(`invalid ${what} ${address}: invalid address`);
    if (isIP(address) !== subnet.family) throw invalid(`invalid ${what} ${address}: parent subnet is an IPv${subnet.family} block`);
    if (!subnetHolds(subnet, address)) throw invalid(`invalid ${what} ${address}: parent subnet ${pool.subnet} doesn't contain this address`);
  };
  if (pool.ipRange) checkRange(pool, pool.ipRange);
  if (pool.gateway) within('gateway', pool.gateway);
  for (const address of Object.values(pool.auxAddresses ?? {})) within('auxiliary address', address);
  checkDistinct(pool, subnet);
}

function checkRange(pool: IpamPool, text: string): void {
  const subnet = parseSubnet(pool.subnet ?? '');
  const range = parseSubnet(text);
  if (subnet === undefined || range === undefined) throw invalid(`invalid ip-range ${text}: invalid CIDR block notation`);
  if (!sameBlock(text, subnetText(range))) throw invalid(`invalid ip-range ${text}: it should be ${subnetText(range)}`);
  if (range.family !== subnet.family) throw invalid(`invalid ip-range ${text}: parent subnet is an IPv${subnet.family} block`);
  if (range.prefix < subnet.prefix) throw invalid(`invalid ip-range ${text}: CIDR block is bigger than its parent subnet ${pool.subnet}`);
  if (!subnetHolds(subnet, text.split('/')[0] ?? '')) throw invalid(`invalid ip-range ${text}: parent subnet ${pool.subnet} doesn't contain ip-range`);
}

/** An address has one use: the gateway's, one machine's, or that of the subnet or of everybody in it. */
function checkDistinct(pool: IpamPool, subnet: Subnet): void {
  const used = new Set<bigint>();
  if (subnet.family === 4 && subnet.prefix < 31) used.add(subnet.base).add(subnet.base + subnetSize(subnet) - 1n);
  const use = (address: string, failed: string): void => {
    const number = addressNumber(address);
    if (used.has(number)) throw new GantryError('invalid', `${failed}: Address already in use`);
    used.add(number);
  };
  if (pool.gateway) use(pool.gateway, `failed to allocate gateway (${pool.gateway})`);
  for (const [name, address] of Object.entries(pool.auxAddresses ?? {})) use(address, `failed to allocate secondary ip address (${name}:${address})`);
}

/** Without host bits; IPv6 can be written in several ways. */
function sameBlock(text: string, block: string): boolean {
  const single = parseSubnet(`${text.split('/')[0]}/${text.includes(':') ? 128 : 32}`);
  return single !== undefined && single.base === parseSubnet(block)?.base;
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', `invalid network config:\n${message}`);
}
