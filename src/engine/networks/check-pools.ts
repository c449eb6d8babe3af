import { isIP } from 'node:net';
import { GantryError } from '../../base/errors.ts';
import { isOfSubnet } from '../../network/addresses/choose.ts';
import { addressNumber, parseSubnet, subnetHolds, subnetText, type Subnet } from '../../network/addresses/subnet.ts';
import { listed } from './listed-complaints.ts';
import type { IpamPool } from './verbs.ts';

/** The pools that a person asked for, in Docker's sentences: all that is wrong with them at once. @throws invalid */
export function checkPools(pools: readonly IpamPool[]): void {
  const complaints = pools.flatMap(complaintsOf);
  if (complaints.length > 0) throw new GantryError('invalid', `invalid network config:\n${listed(complaints)}`);
  for (const pool of pools) checkDistinct(pool, parseSubnet(pool.subnet ?? '') as Subnet);
}

function complaintsOf(pool: IpamPool): string[] {
  const subnet = parseSubnet(pool.subnet ?? '');
  if (subnet === undefined) return [`invalid subnet ${pool.subnet ?? ''}: invalid CIDR block notation`];
  const within = (what: string, name: string, address: string): string[] => {
    if (isIP(address) === 0) return [`invalid ${what} ${name}: invalid address`];
    if (isIP(address) !== subnet.family) return [`invalid ${what} ${name}: parent subnet is an IPv${subnet.family} block`];
    return subnetHolds(subnet, address) ? [] : [`invalid ${what} ${name}: parent subnet ${pool.subnet} doesn't contain this address`];
  };
  return [
    ...(sameBlock(pool.subnet ?? '', subnetText(subnet)) ? [] : [`invalid subnet ${pool.subnet}: it should be ${subnetText(subnet)}`]),
    ...(pool.ipRange ? rangeComplaints(pool.ipRange, subnet) : []),
    ...(pool.gateway ? within('gateway', pool.gateway, pool.gateway) : []),
    ...Object.entries(pool.auxAddresses ?? {}).flatMap(([name, address]) => within('auxiliary address', name, address)),
  ];
}

function rangeComplaints(text: string, subnet: Subnet): string[] {
  const range = parseSubnet(text);
  if (range === undefined) return [`invalid ip-range ${text}: invalid CIDR block notation`];
  if (range.family !== subnet.family) return [`invalid ip-range ${text}: parent subnet is an IPv${subnet.family} block`];
  if (range.prefix < subnet.prefix) return [`invalid ip-range ${text}: CIDR block is bigger than its parent subnet ${subnetText(subnet)}`];
  return [
    ...(sameBlock(text, subnetText(range)) ? [] : [`invalid ip-range ${text}: it should be ${subnetText(range)}`]),
    ...(subnetHolds(subnet, text.split('/')[0] ?? '') ? [] : [`invalid ip-range ${text}: parent subnet ${subnetText(subnet)} doesn't contain ip-range`]),
  ];
}

/** An address has one use: the gateway's, one machine's, or that of the subnet (in IPv6 of its routers) or of everybody in it. */
function checkDistinct(pool: IpamPool, subnet: Subnet): void {
  const used = new Set<bigint>();
  const use = (address: string, failed: string): void => {
    const number = addressNumber(address);
    if (used.has(number) || isOfSubnet(subnet, address)) throw new GantryError('invalid', `${failed}: Address already in use`);
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
