import { BlockList, isIP, isIPv6 } from 'node:net';
import { GantryError } from '../../base/errors.ts';

export interface IpamConfig { Subnet: string; IPRange?: string; Gateway?: string; AuxiliaryAddresses?: Record<string, string> }

export interface IpamFlags { subnets: readonly string[]; ranges: readonly string[]; gateways: readonly string[]; auxiliary: Readonly<Record<string, string>> }

/** Sorts ranges, gateways and reserved addresses to the subnets that hold them. Throws GantryError `invalid`. */
export function ipamConfig({ subnets, ranges, gateways, auxiliary }: IpamFlags): IpamConfig[] {
  if (subnets.length < ranges.length || subnets.length < gateways.length) throw invalid('every ip-range or gateway must have a corresponding subnet');
  const configs = subnets.map((subnet): IpamConfig & { holds: (address: string) => boolean } => ({ Subnet: subnet, holds: (address) => memberOf(subnet)(address) }));
  for (const [index, config] of configs.entries()) {
    const [base = ''] = config.Subnet.split('/');
    if (index > 0 && configs.slice(0, index).some((other) => other.holds(base) || config.holds(other.Subnet.split('/')[0] ?? ''))) throw invalid('multiple overlapping subnet configuration is not supported');
  }
  const owner = (address: string, complaint: string): IpamConfig => {
    const found = configs.find(({ holds }) => holds(address));
    if (found === undefined) throw invalid(complaint);
    return found;
  };
  for (const range of ranges) {
    if (!range.includes('/')) throw invalid(`invalid CIDR address: ${range}`);
    const config = owner(range.split('/')[0] ?? '', `no matching subnet for range ${range}`);
    if (config.IPRange !== undefined) throw invalid(`cannot configure multiple ranges (${range}, ${config.IPRange}) on the same subnet (${config.Subnet})`);
    config.IPRange = range;
  }
  for (const gateway of gateways) {
    const config = owner(gateway, `no matching subnet for gateway ${gateway}`);
    if (config.Gateway !== undefined) throw invalid(`cannot configure multiple gateways (${gateway}, ${config.Gateway}) for the same subnet (${config.Subnet})`);
    config.Gateway = gateway;
  }
  for (const [name, address] of Object.entries(auxiliary)) {
    const config = owner(address, `no matching subnet for aux-address ${address}`);
    config.AuxiliaryAddresses = { ...config.AuxiliaryAddresses, [name]: address };
  }
  return configs.map(({ holds: _holds, ...config }) => config);
}

function memberOf(subnet: string): (address: string) => boolean {
  const [base = '', prefix = ''] = subnet.split('/');
  const family = isIPv6(base) ? 'ipv6' : 'ipv4';
  if (isIP(base) === 0 || !/^\d+$/.test(prefix) || Number(prefix) > (family === 'ipv6' ? 128 : 32)) throw invalid(`invalid subnet: invalid CIDR address: ${subnet}`);
  const block = new BlockList();
  block.addSubnet(base, Number(prefix), family);
  return (address) => isIP(address) !== 0 && block.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
