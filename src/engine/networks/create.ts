import { now } from '../../base/clock.ts';
import { GantryError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { chooseSubnet, firstAddress } from '../../network/addresses/choose.ts';
import { parseSubnet, subnetText, subnetsOverlap, type Subnet } from '../../network/addresses/subnet.ts';
import { bridgeName } from '../../network/bridge/names.ts';
import { checkCreate } from './check-create.ts';
import { configured } from './configuration.ts';
import { noFreePool } from './default-networks.ts';
import type { NetworkDeps } from './deps.ts';
import { kernelNetworkOf } from './kernel-network.ts';
import { networkEvent } from './network-event.ts';
import type { NetworkSettings } from './settings.ts';
import { uniqueLocalSubnet } from './unique-local.ts';
import type { IpamPool, NetworkCreateRequest, NetworkRecord } from './verbs.ts';

/** The record is written before the kernel is changed: a daemon that dies in between makes the bridge at its next start. */
export async function create(deps: NetworkDeps, asked: NetworkCreateRequest): Promise<{ id: string; warning: string }> {
  return deps.locks.run('networks', async () => {
    const request = withDefaults(configured(deps.catalog, asked), deps.settings);
    checkCreate(request);
    if (deps.catalog.byName(request.name) !== undefined) throw new GantryError('conflict', `network with name ${request.name} already exists`);
    const record = recordOf(deps, request);
    checkParent(deps, record);
    const network = kernelNetworkOf(record);
    deps.catalog.save(record);
    try {
      if (network !== undefined) await deps.backend.createNetwork(network);
    } catch (error) {
      deps.catalog.delete(record.id);
      throw error;
    }
    networkEvent(deps.events, record, 'create');
    return { id: record.id, warning: '' };
  });
}

/** The owner's options for all networks of a driver, where the request does not say otherwise. */
function withDefaults(request: NetworkCreateRequest, { networkOptions }: NetworkSettings): NetworkCreateRequest {
  return request.configOnly ? request : { ...request, options: { ...networkOptions[request.driver], ...request.options } };
}

function recordOf(deps: NetworkDeps, request: NetworkCreateRequest): NetworkRecord {
  const id = newId();
  const common = { ...request, id, createdAt: now(), scope: 'local' as const, enableIPv4: request.enableIPv4 ?? true, enableIPv6: request.enableIPv6 ?? false };
  if (request.configOnly) return { ...common, driver: 'null' };
  const record = { ...common, ipam: { ...request.ipam, config: choosePools(deps, request, id) } };
  if (request.driver !== 'bridge') return record;
  const bridge = request.options['com.docker.network.bridge.name'] ?? bridgeName(deps.instanceId, id);
  if (deps.catalog.all().some((other) => other.bridge === bridge)) throw new GantryError('forbidden', `bridge name ${bridge} is used by another network`);
  return { ...record, bridge };
}

/** Two networks on one link would be one network with two ideas of who has which address. */
function checkParent(deps: NetworkDeps, record: NetworkRecord): void {
  const parent = record.driver === 'macvlan' ? record.options['parent'] : undefined;
  const other = parent ? deps.catalog.all().find((each) => each.driver === 'macvlan' && each.options['parent'] === parent) : undefined;
  if (other !== undefined) throw new GantryError('forbidden', `network ${other.id.slice(0, 12)} is already using parent interface ${parent}`);
}

/** The pools asked for, completed, and one of our choice for a family without any. @throws forbidden when a pool overlaps with another network's */
function choosePools(deps: NetworkDeps, request: NetworkCreateRequest, id: string): IpamPool[] {
  const taken = deps.catalog.all().filter((network) => !network.configOnly).flatMap((network) => network.ipam.config.map((pool) => pool.subnet ?? ''));
  const pools = request.ipam.config.map((pool) => completed(pool, taken));
  const has = (family: 4 | 6): boolean => pools.some((pool) => parseSubnet(pool.subnet ?? '')?.family === family);
  if (request.enableIPv4 !== false && !has(4)) {
    const subnet = chooseSubnet([...deps.backend.usedSubnets(), ...taken], deps.settings.pools);
    if (subnet === undefined) throw noFreePool();
    pools.unshift({ subnet, gateway: firstAddress(subnet) });
  }
  if (request.enableIPv6 === true && !has(6)) {
    const subnet = chooseSubnet([...deps.backend.usedSubnets(), ...taken], deps.settings.pools6) ?? uniqueLocalSubnet(id);
    pools.push({ subnet, gateway: firstAddress(subnet) });
  }
  for (const family of [4, 6] as const) checkOnePool(pools, family, family === 4 ? request.enableIPv4 !== false : request.enableIPv6 === true);
  return pools;
}

function completed(pool: IpamPool, taken: string[]): IpamPool {
  const subnet = parseSubnet(pool.subnet ?? '') as Subnet;
  if (taken.map(parseSubnet).some((other) => other !== undefined && subnetsOverlap(other, subnet))) {
    throw new GantryError('forbidden', 'invalid pool request: Pool overlaps with other one on this address space');
  }
  const text = subnetText(subnet);
  return { ...pool, subnet: text, gateway: pool.gateway || firstAddress(text) };
}

function checkOnePool(pools: IpamPool[], family: 4 | 6, enabled: boolean): void {
  const count = pools.filter((pool) => parseSubnet(pool.subnet ?? '')?.family === family).length;
  if (count > 1) throw new GantryError('forbidden', "bridge driver doesn't support multiple subnets");
  if (count > 0 && !enabled) throw new GantryError('invalid', `an IPv${family} subnet was given, but IPv${family} is not enabled`);
}
