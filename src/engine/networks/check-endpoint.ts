import { isIP } from 'node:net';
import { GantryError } from '../../base/errors.ts';
import { parseSubnet, subnetHolds } from '../../network/addresses/subnet.ts';
import type { EndpointRequest } from '../../oci/container.ts';
import { isLinkName } from './check-options.ts';
import { predefinedNames } from './default-networks.ts';
import { poolOf } from './kernel-network.ts';
import type { NetworkRecord } from './verbs.ts';

const interfaceOption = 'com.docker.network.endpoint.ifname';
const sysctlOption = 'com.docker.network.endpoint.sysctls';

/** @throws invalid, forbidden for what this network cannot give */
export function checkEndpoint(network: NetworkRecord, request: EndpointRequest): void {
  if (network.configOnly) throw new GantryError('forbidden', 'cannot create endpoint on configuration-only network');
  const predefined = predefinedNames.includes(network.name);
  const { ipv4Address, ipv6Address, linkLocalIPs = [] } = request.ipamConfig ?? {};
  if ((ipv4Address || ipv6Address) && predefined) throw invalid('user specified IP address is supported on user defined networks only');
  if (request.aliases?.length && predefined) throw invalid('network-scoped alias is supported only for containers in user defined networks');
  if (ipv4Address) checkStatic(network, 4, ipv4Address);
  if (ipv6Address) checkStatic(network, 6, ipv6Address);
  for (const address of linkLocalIPs) if (isIP(address) === 0) throw invalid(`invalid link-local IP address: ${address}`);
  for (const [name, value] of Object.entries(request.driverOpts ?? {})) checkOption(name, value);
  if (request.macAddress && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(request.macAddress)) throw invalid(`invalid MAC address: ${request.macAddress}`);
}

function checkStatic(network: NetworkRecord, family: 4 | 6, address: string): void {
  if (isIP(address) !== family) throw invalid(`invalid IPv${family} address: ${address}`);
  const subnet = parseSubnet(poolOf(network, family)?.subnet ?? '');
  if (subnet === undefined || !subnetHolds(subnet, address)) {
    throw invalid(`invalid config for network ${network.name}: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address ${address}`);
  }
}

function checkOption(name: string, value: string): void {
  if (name === sysctlOption) return void parseSysctls(value);
  if (name !== interfaceOption) throw invalid(`the endpoint option ${name} is not supported by this engine`);
  if (!isLinkName(value)) throw invalid(`invalid ${interfaceOption}: "${value}" is not the name of a link`);
}

/** The name of the link in the container that a person asked for. */
export function askedInterface(request: EndpointRequest): string | undefined {
  return request.driverOpts?.[interfaceOption];
}

/** Settings of the link by path below /proc/sys, with `IFNAME` where its name goes. */
export function askedSysctls(request: EndpointRequest): Record<string, string> | undefined {
  const text = request.driverOpts?.[sysctlOption];
  return text === undefined ? undefined : parseSysctls(text);
}

/** `net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.…`: only settings of this very link. */
function parseSysctls(text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').map((entry) => {
    const [, path, value] = /^(net\.(?:ipv4|ipv6|mpls)\.\w+\.IFNAME\.\w+)=(.+)$/.exec(entry.trim()) ?? [];
    if (path === undefined || value === undefined) throw invalid(`unrecognised network interface sysctl '${entry}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'`);
    return [path.replaceAll('.', '/'), value];
  }));
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
