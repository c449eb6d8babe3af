import { parseSubnet } from '../../network/addresses/subnet.ts';
import type { BridgeNetwork } from '../../network/network.ts';
import type { IpamPool, NetworkRecord } from './verbs.ts';

/** The record as the kernel side wants it; undefined for host and none. */
export function bridgeNetworkOf(record: NetworkRecord): BridgeNetwork | undefined {
  if (record.bridge === undefined) return undefined;
  const option = (name: string, otherwise: string): string => record.options[`com.docker.network.${name}`] ?? otherwise;
  return {
    id: record.id,
    bridge: record.bridge,
    ipv4: addressing(poolOf(record, 4)),
    ipv6: addressing(poolOf(record, 6)),
    internal: record.internal,
    masquerade: isTrue(option('bridge.enable_ip_masquerade', 'true')),
    icc: isTrue(option('bridge.enable_icc', 'true')),
    mtu: Number(option('driver.mtu', '1500')),
  };
}

export function poolOf(record: NetworkRecord, family: 4 | 6): IpamPool | undefined {
  return record.ipam.config.find((pool) => parseSubnet(pool.subnet ?? '')?.family === family);
}

/** Booleans as Go's strconv reads them. */
function isTrue(text: string): boolean {
  return /^(1|t|true)$/i.test(text);
}

function addressing(pool: IpamPool | undefined): { subnet: string; gateway: string } | undefined {
  return pool?.subnet === undefined || pool.gateway === undefined ? undefined : { subnet: pool.subnet, gateway: pool.gateway };
}
