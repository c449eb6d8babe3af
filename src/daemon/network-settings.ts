import { isIP } from 'node:net';
import { GantryError } from '../base/errors.ts';
import { checkOptions, unknownOptions } from '../engine/networks/check-options.ts';
import { defaultNetworkSettings, type DefaultBridgeSettings, type NetworkSettings } from '../engine/networks/settings.ts';
import type { AddressPool } from '../network/addresses/choose.ts';
import { parseSubnet, subnetHolds, type Subnet } from '../network/addresses/subnet.ts';
import { isFlag, isRecord, isText, isTexts } from './value-kinds.ts';

type Settings = Record<string, unknown>;

/** The part of the daemon's settings that is about networks, as options of `parseArgs`. Names are Docker's. */
export const networkFlags = {
  bip: { type: 'string' }, 'fixed-cidr': { type: 'string' }, 'fixed-cidr-v6': { type: 'string' }, ipv6: { type: 'boolean' }, mtu: { type: 'string' }, ip: { type: 'string' },
  icc: { type: 'boolean' }, 'ip-masq': { type: 'boolean' }, 'userland-proxy': { type: 'boolean' },
  dns: { type: 'string', multiple: true }, 'dns-search': { type: 'string', multiple: true }, 'dns-opt': { type: 'string', multiple: true },
  'default-address-pool': { type: 'string', multiple: true }, 'host-gateway-ip': { type: 'string', multiple: true }, 'default-network-opt': { type: 'string', multiple: true },
} as const;

export const networkUsage = `  --bip CIDR, --fixed-cidr CIDR, --mtu N, --icc=false, --ip-masq=false, --ip ADDRESS
                              of the default bridge: the host's address on it, the addresses given out, where ports are published
  --ipv6, --fixed-cidr-v6 CIDR
  --default-address-pool base=CIDR,size=N
                              where subnets of networks come from; may be given again
  --default-network-opt DRIVER=OPTION=VALUE
                              option of networks that do not say otherwise; may be given again
  --dns ADDRESS, --dns-search DOMAIN, --dns-opt OPTION
                              of containers that name none; may be given again
  --host-gateway-ip ADDRESS   what host-gateway stands for
  --userland-proxy=false      ports are reachable in the families of the container's addresses only
`;

/** Keys of the configuration file, each with the check of its value. */
export const networkKeys: Record<string, (value: unknown) => boolean> = {
  bip: isText, 'fixed-cidr': isText, 'fixed-cidr-v6': isText, ipv6: isFlag, mtu: Number.isInteger, ip: isText, icc: isFlag, 'ip-masq': isFlag, 'userland-proxy': isFlag,
  dns: isTexts, 'dns-search': isTexts, 'dns-opts': isTexts, 'host-gateway-ip': isText, 'host-gateway-ips': isTexts,
  'default-address-pools': (value) => Array.isArray(value) && value.every((pool) => isRecord(pool) && isText(pool['base']) && Number.isInteger(pool['size'])),
  'default-network-opts': (value) => isRecord(value) && Object.values(value).every((options) => isRecord(options) && Object.values(options).every(isText)),
};

/** Flags under the names, and with the types, of the file's keys. @throws invalid */
export function foldNetworkFlags(flags: Settings): Settings {
  const { 'dns-opt': options, 'default-address-pool': pools, 'host-gateway-ip': gateways, 'default-network-opt': networkOptions, ...rest } = flags;
  const folded: Settings = { ...rest };
  if (networkOptions !== undefined) folded['default-network-opts'] = networkOptionsOfFlags(networkOptions as string[]);
  if (rest['mtu'] !== undefined) folded['mtu'] = Number(rest['mtu']);
  if (options !== undefined) folded['dns-opts'] = options;
  if (gateways !== undefined) folded['host-gateway-ips'] = gateways;
  if (pools !== undefined) folded['default-address-pools'] = (pools as string[]).map(poolOfFlag);
  return folded;
}

/** `bridge=com.docker.network.driver.mtu=1400` */
function networkOptionsOfFlags(texts: string[]): NetworkSettings['networkOptions'] {
  const byDriver: NetworkSettings['networkOptions'] = {};
  for (const text of texts) {
    const [, driver, name, value] = /^([^=]+)=([^=]+)=(.*)$/s.exec(text) ?? [];
    if (driver === undefined || name === undefined || value === undefined) throw new GantryError('invalid', `invalid argument ${JSON.stringify(text)} for "--default-network-opt" flag: invalid value ${JSON.stringify(text)} for map option, should be root-key=key=value`);
    byDriver[driver] = { ...byDriver[driver], [name]: value };
  }
  return byDriver;
}

/** `base=10.10.0.0/16,size=24` */
function poolOfFlag(text: string): { base: string; size: number } {
  const entries = Object.fromEntries(text.split(',').map((entry) => entry.split('=')));
  if (typeof entries['base'] !== 'string' || !/^\d+$/.test(entries['size'] ?? '')) throw invalid('default-address-pool', text);
  return { base: entries['base'], size: Number(entries['size']) };
}

/** @throws invalid, naming the setting */
export function networkSettingsOf(settings: Settings): NetworkSettings {
  const list = (key: string): string[] => (settings[key] as string[] | undefined) ?? [];
  const pools = ((settings['default-address-pools'] as AddressPool[] | undefined) ?? []).map(checkedPool);
  const ofFamily = (family: 4 | 6): AddressPool[] => pools.filter(({ base }) => parseSubnet(base)?.family === family);
  const hostGateways = [...list('host-gateway-ips'), ...(settings['host-gateway-ip'] === undefined ? [] : [settings['host-gateway-ip'] as string])];
  for (const address of hostGateways) if (isIP(address) === 0) throw invalid('host-gateway-ip', address);
  for (const address of list('dns')) if (isIP(address) === 0) throw invalid('dns', address);
  const networkOptions = (settings['default-network-opts'] as NetworkSettings['networkOptions'] | undefined) ?? {};
  for (const [driver, options] of Object.entries(networkOptions)) {
    // A network that asks for one is warned; settings have nobody to warn.
    for (const name of unknownOptions(driver, options)) throw new GantryError('invalid', `the network option ${name} is not supported by the driver ${driver}`);
    checkOptions(driver, options, { internal: false });
  }
  return {
    pools: ofFamily(4).length > 0 ? ofFamily(4) : defaultNetworkSettings.pools, pools6: ofFamily(6), defaultBridge: defaultBridgeOf(settings),
    networkOptions, dns: list('dns'), dnsSearch: list('dns-search'), dnsOptions: list('dns-opts'), hostGateways, relay: settings['userland-proxy'] !== false,
  };
}

function checkedPool(pool: AddressPool): AddressPool {
  const block = parseSubnet(pool.base);
  if (block === undefined || pool.size < block.prefix || pool.size > (block.family === 4 ? 30 : 64)) throw invalid('default-address-pools', `base=${pool.base},size=${pool.size}`);
  return { base: pool.base, size: pool.size };
}

function defaultBridgeOf(settings: Settings): DefaultBridgeSettings {
  const text = (key: string): string | undefined => settings[key] as string | undefined;
  const address = text('bip');
  const range = text('fixed-cidr');
  const block = address === undefined ? undefined : requiredBlock('bip', address, 4);
  if (range !== undefined) checkRange(range, block);
  const subnet6 = text('fixed-cidr-v6');
  if (subnet6 !== undefined) requiredBlock('fixed-cidr-v6', subnet6, 6);
  const hostIp = text('ip') ?? '0.0.0.0';
  if (isIP(hostIp) !== 4) throw invalid('ip', hostIp);
  const mtu = (settings['mtu'] as number | undefined) || 1500;
  if (!(mtu >= 68 && mtu <= 65535)) throw invalid('mtu', String(mtu));
  return {
    ...(address !== undefined && { address }), ...(range !== undefined && { range }), ...(subnet6 !== undefined && { subnet6 }), ipv6: settings['ipv6'] === true,
    icc: settings['icc'] !== false, masquerade: settings['ip-masq'] !== false, mtu, hostIp,
  };
}

/** It lies in the subnet that `bip` makes; without that nobody knows the subnet beforehand. */
function checkRange(range: string, subnet: Subnet | undefined): void {
  const block = requiredBlock('fixed-cidr', range, 4);
  if (subnet === undefined) throw new GantryError('invalid', 'fixed-cidr needs bip beside it, for the subnet in which it lies');
  if (block.prefix < subnet.prefix || !subnetHolds(subnet, range.split('/')[0] ?? '')) throw invalid('fixed-cidr', range);
}

function requiredBlock(key: string, text: string, family: 4 | 6): Subnet {
  const block = parseSubnet(text);
  if (block?.family !== family) throw invalid(key, text);
  return block;
}

function invalid(key: string, value: string): GantryError {
  return new GantryError('invalid', `${key} cannot be ${value}`);
}
