import { isIP } from 'node:net';
import { GantryError } from '../../base/errors.ts';
import { parseSubnet, subnetHolds } from '../../network/addresses/subnet.ts';
import type { EndpointRequest } from '../../oci/container.ts';
import { isLinkName } from './check-options.ts';
import { predefinedNames } from './default-networks.ts';
import { poolOf } from './kernel-network.ts';
import { listed } from './listed-complaints.ts';
import type { NetworkRecord } from './verbs.ts';

const interfaceOption = 'com.docker.network.endpoint.ifname';
const sysctlOption = 'com.docker.network.endpoint.sysctls';

/** @throws invalid with all that this network cannot give */
export function checkEndpoint(network: NetworkRecord, request: EndpointRequest): void {
  const invalid = (what: string): GantryError => new GantryError('invalid', what);
  if (request.macAddress && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(request.macAddress)) throw invalid(`invalid MAC address ${request.macAddress}`);
  const complaints = [...new Set([...addressComplaints(network, request), ...Object.entries(request.driverOpts ?? {}).flatMap(([name, value]) => optionComplaints(name, value))])];
  if (complaints.length > 0) throw invalid(`invalid endpoint settings:\n${listed(complaints)}`);
}

function addressComplaints(network: NetworkRecord, { ipamConfig, aliases }: EndpointRequest): string[] {
  const { ipv4Address, ipv6Address, linkLocalIPs = [] } = ipamConfig ?? {};
  const predefined = predefinedNames.includes(network.name);
  return [
    ...(predefined && (ipv4Address || ipv6Address) ? ['user specified IP address is supported on user defined networks only'] : []),
    ...(ipv4Address && isIP(ipv4Address) !== 4 ? [`invalid IPv4 address: ${ipv4Address}`] : []),
    ...(ipv6Address && isIP(ipv6Address) !== 6 ? [`invalid IPv6 address: ${ipv6Address}`] : []),
    ...linkLocalIPs.filter((address) => isIP(address) === 0).map((address) => `invalid link-local IP address: ${address}`),
    ...(ipv4Address ? staticComplaints(network, 4, ipv4Address) : []),
    ...(ipv6Address ? staticComplaints(network, 6, ipv6Address) : []),
    ...(predefined && aliases?.length ? ['network-scoped alias is supported only for containers in user defined networks'] : []),
  ];
}

/** An address can be asked for where a person chose the subnet: the engine's own choice can be another one the next time. */
function staticComplaints(network: NetworkRecord, family: 4 | 6, address: string): string[] {
  const pool = poolOf(network, family);
  const subnet = parseSubnet(pool?.subnet ?? '');
  if (subnet === undefined || pool?.chosen === 'pool' || predefinedNames.includes(network.name)) return ['user specified IP address is supported only when connecting to networks with user configured subnets'];
  return isIP(address) === family && subnetHolds(subnet, address) ? [] : [`no configured subnet or ip-range contain the IP address ${address}`];
}

/** What is found out when an endpoint is made, and not before. @throws forbidden, invalid */
export function checkAttachable(network: NetworkRecord, { ipamConfig }: EndpointRequest): void {
  if (network.configOnly) throw new GantryError('forbidden', 'cannot create endpoint on configuration-only network');
  const elsewhere = ipamConfig?.linkLocalIPs?.find((address) => !isLinkLocal(address));
  if (elsewhere !== undefined) throw new GantryError('invalid', `invalid link local IP address: ${elsewhere}`);
}

function isLinkLocal(address: string): boolean {
  return subnetHolds(parseSubnet(address.includes(':') ? 'fe80::/10' : '169.254.0.0/16')!, address);
}

function optionComplaints(name: string, value: string): string[] {
  if (name === sysctlOption) {
    return value.split(',').filter((entry) => sysctlOf(entry) === undefined)
      .map((entry) => `unrecognised network interface sysctl '${entry}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'`);
  }
  // Options that only other drivers know are kept, and have no effect, as in Docker.
  return name !== interfaceOption || isLinkName(value) ? [] : [`invalid ${interfaceOption}: "${value}" is not the name of a link`];
}

/** The name of the link in the container that a person asked for. */
export function askedInterface(request: EndpointRequest): string | undefined {
  return request.driverOpts?.[interfaceOption];
}

/** Settings of the link by path below /proc/sys, with `IFNAME` where its name goes. */
export function askedSysctls(request: EndpointRequest): Record<string, string> | undefined {
  const text = request.driverOpts?.[sysctlOption];
  return text === undefined ? undefined : Object.fromEntries(text.split(',').flatMap((entry) => {
    const setting = sysctlOf(entry);
    return setting === undefined ? [] : [[setting.path, setting.value]];
  }));
}

/** One of `net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.…`: only settings of this very link. */
function sysctlOf(entry: string): { path: string; value: string } | undefined {
  const [, before, after, value] = /^(net\.(?:ipv4|ipv6|mpls)\.\w+\.)(?:IFNAME|ifname)(\.\w+)=(.+)$/.exec(entry.trim()) ?? [];
  return before === undefined || after === undefined || value === undefined ? undefined : { path: `${before}IFNAME${after}`.replaceAll('.', '/'), value };
}
