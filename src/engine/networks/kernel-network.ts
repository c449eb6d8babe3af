import { parseBoolean } from '../../base/parse-boolean.ts';
import { parseSubnet } from '../../network/addresses/subnet.ts';
import type { Addressing, BridgeNetwork, GatewayMode, MacvlanMode, MacvlanNetwork, Network } from '../../network/network.ts';
import { shortId } from '../../base/ids.ts';
import type { IpamPool, NetworkCreateRequest, NetworkRecord } from './verbs.ts';

/** The record as the kernel side wants it; undefined for host, none and configurations. */
export function kernelNetworkOf(record: NetworkRecord): Network | undefined {
  return record.driver === 'macvlan' && !record.configOnly ? macvlanOf(record) : bridgeNetworkOf(record);
}

export function bridgeNetworkOf(record: NetworkRecord): BridgeNetwork | undefined {
  if (record.bridge === undefined) return undefined;
  return {
    ...commonOf(record),
    bridge: record.bridge,
    inhibitIpv4: isTrue(optionOf(record, 'bridge.inhibit_ipv4', 'false')),
    masquerade: isTrue(optionOf(record, 'bridge.enable_ip_masquerade', 'true')),
    icc: isTrue(optionOf(record, 'bridge.enable_icc', 'true')),
    gatewayModes: { ipv4: gatewayMode(record, 4), ipv6: gatewayMode(record, 6) },
    trustedLinks: optionOf(record, 'bridge.trusted_host_interfaces', '').split(':').filter(Boolean),
    sources: { ipv4: optionOf(record, 'host_ipv4', '') || undefined, ipv6: optionOf(record, 'host_ipv6', '') || undefined },
  };
}

function gatewayMode(record: NetworkRecord, family: 4 | 6): GatewayMode {
  return (optionOf(record, `bridge.gateway_mode_ipv${family}`, '') || 'nat') as GatewayMode;
}

/** Without a parent it is a network of this host alone, on a link that leads nowhere: what Docker calls internal. */
function macvlanOf(record: NetworkRecord): MacvlanNetwork {
  const asked = record.options['parent'];
  const common = commonOf(record);
  const link = asked || `dm-${shortId(record.id)}`;
  const [, of, vlan] = /^(.+)\.(\d{1,4})$/.exec(link) ?? [];
  const make = !asked ? 'dummy' as const : of === undefined ? undefined : { vlan: Number(vlan), of };
  return { ...common, parent: { link, ...(make && { make }) }, mode: (record.options['macvlan_mode'] || 'bridge') as MacvlanMode, internal: common.internal || !asked };
}

function commonOf(record: NetworkRecord): Pick<BridgeNetwork, 'id' | 'ipv4' | 'ipv6' | 'internal' | 'mtu'> {
  return {
    id: record.id, ipv4: addressing(poolOf(record, 4)), ipv6: addressing(poolOf(record, 6)), internal: record.internal, mtu: Number(optionOf(record, 'driver.mtu', '1500')) || 1500,
  };
}

/** How links in containers are called on this network, before their number. */
export function interfacePrefixOf(record: NetworkRecord): string {
  return optionOf(record, 'container_iface_prefix', 'eth');
}

/** Where its addresses of a family come from; undefined where it has none, also when a pool was named for a family that is not enabled. */
export function poolOf(record: Pick<NetworkRecord, 'ipam' | 'enableIPv4' | 'enableIPv6'>, family: 4 | 6): IpamPool | undefined {
  return isEnabled(record, family) ? record.ipam.config.find((pool) => parseSubnet(pool.subnet ?? '')?.family === family) : undefined;
}

/** IPv4 is on unless it is turned off, IPv6 the other way round. */
export function isEnabled({ enableIPv4, enableIPv6 }: Pick<NetworkCreateRequest, 'enableIPv4' | 'enableIPv6'>, family: 4 | 6): boolean {
  return family === 4 ? enableIPv4 !== false : enableIPv6 === true;
}

/** An option that says yes or no; undefined where it does not say. */
export function flagOption(options: Record<string, string>, name: string): boolean | undefined {
  const text = options[`com.docker.network.${name}`];
  return text === undefined ? undefined : isTrue(text);
}

function optionOf(record: NetworkRecord, name: string, otherwise: string): string {
  return record.options[`com.docker.network.${name}`] ?? otherwise;
}

/** Booleans as Go's strconv reads them. */
function isTrue(text: string): boolean {
  return parseBoolean(text) === true;
}

function addressing(pool: IpamPool | undefined): Addressing | undefined {
  return pool?.subnet === undefined ? undefined : { subnet: pool.subnet, ...(pool.gateway && { gateway: pool.gateway }) };
}

/** Nobody leaves an internal network: where the host is to have no address on it either, all its addresses are for containers. */
export function hasGateway({ internal, options }: Pick<NetworkCreateRequest, 'internal' | 'options'>, family: 4 | 6): boolean {
  const isIsolated = options[`com.docker.network.bridge.gateway_mode_ipv${family}`] === 'isolated';
  return !internal || !(isIsolated || (family === 4 && flagOption(options, 'bridge.inhibit_ipv4') === true));
}
