import { GantryError } from '../../base/errors.ts';
import { chooseSubnet, firstAddress, nextAddress } from '../../network/addresses/choose.ts';
import { parseSubnet, subnetText, subnetsOverlap, type Subnet } from '../../network/addresses/subnet.ts';
import { noFreePool } from './default-networks.ts';
import type { NetworkDeps } from './deps.ts';
import { hasGateway, isEnabled } from './kernel-network.ts';
import { uniqueLocalSubnet } from './unique-local.ts';
import type { IpamPool, NetworkCreateRequest } from './verbs.ts';

/**
 * The pools asked for, completed, IPv4 first; then one of our choice for a family without any. A pool of a family that is not enabled is kept as it is and used
 * for nothing, as Docker does. @throws forbidden when a pool overlaps with another network's, exhausted
 */
export function choosePools(deps: Pick<NetworkDeps, 'catalog' | 'backend' | 'settings'>, request: NetworkCreateRequest, id: string): IpamPool[] {
  const taken = deps.catalog.all().filter((network) => !network.configOnly).flatMap((network) => network.ipam.config.map((pool) => pool.subnet ?? ''));
  const families = [4, 6] as const;
  const asked = families.flatMap((family) => {
    const pools = request.ipam.config.filter((pool) => familyOf(pool) === family);
    if (!isEnabled(request, family)) return pools;
    const chosen = pools.map((pool, index) => completed(pool, [...taken, ...pools.slice(0, index).map(({ subnet = '' }) => subnet)], hasGateway(request, family)));
    if (chosen.length > 1) throw new GantryError('forbidden', `${request.driver} driver doesn't support multiple subnets`);
    return chosen;
  });
  const lacking = families.filter((family) => isEnabled(request, family) && !asked.some((pool) => familyOf(pool) === family));
  return [...asked, ...lacking.map((family): IpamPool => {
    const used = [...deps.backend.usedSubnets(), ...taken];
    const subnet = family === 4 ? chooseSubnet(used, deps.settings.pools) : chooseSubnet(used, deps.settings.pools6) ?? uniqueLocalSubnet(id);
    if (subnet === undefined) throw noFreePool();
    return { subnet, ...(hasGateway(request, family) && { gateway: firstAddress(subnet) }), chosen: 'pool' };
  })];
}

function familyOf({ subnet = '' }: IpamPool): 4 | 6 | undefined {
  return parseSubnet(subnet)?.family;
}

/** The gateway comes from the range that containers have theirs from, unless it is named. */
function completed(pool: IpamPool, taken: string[], needsGateway: boolean): IpamPool {
  const subnet = parseSubnet(pool.subnet ?? '') as Subnet;
  if (taken.map(parseSubnet).some((other) => other !== undefined && subnetsOverlap(other, subnet))) {
    throw new GantryError('forbidden', 'invalid pool request: Pool overlaps with other one on this address space');
  }
  const text = subnetText(subnet);
  if (pool.gateway || !needsGateway) return { ...pool, subnet: text };
  const named = Object.values(pool.auxAddresses ?? {});
  return { ...pool, subnet: text, gateway: nextAddress({ subnet: text, range: pool.ipRange || undefined, taken: (address) => named.includes(address) }), chosen: 'gateway' };
}
