import { isDeepStrictEqual } from 'node:util';
import { GantryError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { chooseSubnet, firstAddress } from '../../network/addresses/choose.ts';
import { parseSubnet, subnetsOverlap, subnetText } from '../../network/addresses/subnet.ts';
import { bridgeName } from '../../network/bridge/names.ts';
import { poolOf } from './kernel-network.ts';
import { defaultNetworkSettings, type NetworkSettings } from './settings.ts';
import { uniqueLocalSubnet } from './unique-local.ts';
import type { IpamPool, NetworkRecord } from './verbs.ts';

/** Networks that exist from the first start and cannot be removed. */
export const predefinedNames: readonly string[] = ['bridge', 'host', 'none'];

/**
 * The records of `bridge`, `host` and `none` that are missing. @param usedSubnets routes of the host and subnets of other networks
 * @throws exhausted when no default subnet is free
 */
export function missingDefaults(present: readonly NetworkRecord[], options: {
  instanceId: string; usedSubnets: string[]; createdAt: string; settings?: NetworkSettings;
}): NetworkRecord[] {
  return predefinedNames
    .filter((name) => !present.some((record) => record.name === name))
    .map((name) => (name === 'bridge' ? defaultBridge(options) : plain(name, name === 'none' ? 'null' : name, options.createdAt)));
}

function defaultBridge({ instanceId, usedSubnets, createdAt, settings = defaultNetworkSettings }: Parameters<typeof missingDefaults>[1]): NetworkRecord {
  const record = plain('bridge', 'bridge', createdAt);
  const subnet = settings.defaultBridge.address === undefined ? chooseSubnet(usedSubnets, settings.pools) : undefined;
  if (subnet === undefined && settings.defaultBridge.address === undefined) throw noFreePool();
  const config = subnet === undefined ? [] : [poolAt(subnet)];
  return asSettled({ ...record, bridge: bridgeName(instanceId, record.id), ipam: { ...record.ipam, config } }, settings);
}

/**
 * The default bridge with a subnet that is free, where somebody has taken the one that it was given: a VPN, or another engine, while no daemon was there. The same
 * record when its subnet is free or is the owner's wish, and when there is no other. @param usedSubnets without those of this bridge
 */
export function withFreeSubnet(record: NetworkRecord, { usedSubnets, settings }: { usedSubnets: readonly string[]; settings: NetworkSettings }): NetworkRecord {
  const own = poolOf(record, 4);
  const subnet = parseSubnet(own?.subnet ?? '');
  const isTaken = usedSubnets.map(parseSubnet).some((other) => other !== undefined && other.prefix > 0 && subnet !== undefined && subnetsOverlap(other, subnet));
  const free = isTaken && settings.defaultBridge.address === undefined ? chooseSubnet(usedSubnets, settings.pools) : undefined;
  return free === undefined ? record : { ...record, ipam: { ...record.ipam, config: record.ipam.config.map((pool) => (pool === own ? poolAt(free) : pool)) } };
}

function poolAt(subnet: string): IpamPool {
  return { subnet, gateway: firstAddress(subnet) };
}

/** The default bridge as the settings want it; the same record when it is so. What they do not say stays: its subnet, above all. */
export function asSettled(record: NetworkRecord, { defaultBridge: wanted, pools6 }: NetworkSettings): NetworkRecord {
  const enableIPv6 = wanted.ipv6 ?? false;
  const config = [ipv4Pool(record, wanted), ...(enableIPv6 ? [ipv6Pool(record, wanted.subnet6 ?? poolOf(record, 6)?.subnet ?? chooseSubnet([], pools6))] : [])];
  const settled: NetworkRecord = {
    ...record, enableIPv6, ipam: { ...record.ipam, config },
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.enable_icc': String(wanted.icc),
      'com.docker.network.bridge.enable_ip_masquerade': String(wanted.masquerade),
      'com.docker.network.bridge.host_binding_ipv4': wanted.hostIp,
      'com.docker.network.bridge.name': record.bridge ?? '',
      'com.docker.network.driver.mtu': String(wanted.mtu),
    },
  };
  return isDeepStrictEqual(settled, record) ? record : settled;
}

function ipv4Pool(record: NetworkRecord, { address, range }: NetworkSettings['defaultBridge']): IpamPool {
  const own = poolOf(record, 4);
  const block = address === undefined ? undefined : parseSubnet(address);
  const subnet = block === undefined ? own?.subnet : subnetText(block);
  const gateway = address === undefined ? own?.gateway : address.split('/')[0];
  return { subnet, gateway, ...(range !== undefined && { ipRange: range }) };
}

function ipv6Pool(record: NetworkRecord, subnet: string | undefined): IpamPool {
  return poolAt(subnet ?? uniqueLocalSubnet(record.id));
}

export function noFreePool(): GantryError {
  return new GantryError('exhausted', 'all predefined address pools have been fully subnetted', { hint: 'Name a free subnet: --subnet 10.89.0.0/24' });
}

function plain(name: string, driver: string, createdAt: string): NetworkRecord {
  return {
    id: newId(), name, driver, createdAt, scope: 'local', enableIPv4: true, enableIPv6: false, internal: false, attachable: false, ingress: false,
    configOnly: false, ipam: { driver: 'default', config: [] }, options: {}, labels: {},
  };
}
