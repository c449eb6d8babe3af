import { isIP } from 'node:net';
import { GantryError } from '../../base/errors.ts';
import { booleanComplaint, parseBoolean } from '../../base/parse-boolean.ts';
import { shardPrefix } from '../../network/bridge/names.ts';

type Check = (value: string, name: string) => string | undefined;

const boolean: Check = (value, name) => (parseBoolean(value) === undefined ? `failed to parse ${name} value: ${value} (${booleanComplaint(value)})` : undefined);
const mtu: Check = (value, name) => {
  if (!/^[+-]?\d+$/.test(value)) return `failed to parse ${name} value: ${value} (strconv.Atoi: parsing "${value}": invalid syntax)`;
  return Number(value) === 0 || (Number(value) >= 68 && Number(value) <= 65535) ? undefined : `invalid MTU number: ${value}`;
};
const linkName: Check = (value, name) => (isLinkName(value) ? undefined : `invalid ${name}: "${value}" is not the name of a link`);
// A number is appended.
const linkPrefix: Check = (value, name) => (isLinkName(`${value}000`) ? undefined : `invalid ${name}: "${value}" cannot begin the name of a link`);
const address: Check = (value, name) => (isIP(value) === 0 ? `failed to parse ${name} value: ${value} (nil ip)` : undefined);
const gatewayMode: Check = (value, name) => (['nat', 'nat-unprotected', 'routed', 'isolated'].includes(value) ? undefined : `failed to parse ${name} value: ${value} (unknown gateway mode ${value})`);
const linkNames: Check = (value, name) => value.split(':').filter((link) => link !== '' && link !== 'lo').map((link) => linkName(link, name)).find((complaint) => complaint !== undefined);
const sourceOf = (family: 4 | 6): Check => (value, name) => (
  isIP(value) === 0 ? address(value, name) : isIP(value) === family ? undefined : `invalid ${name}: "${value}" is no IPv${family} address`
);
const familyFlag: Check = (value, name) => (boolean(value, name) === undefined ? undefined : `driver-opt "${name}" is not a valid bool`);
const mode: Check = (value) => (['', 'bridge', 'private', 'vepa', 'passthru'].includes(value) ? undefined : `requested macvlan mode '${value}' is not valid, 'bridge' mode is the macvlan driver default`);

const docker = 'com.docker.network.';
const common: Record<string, Check> = {
  [`${docker}driver.mtu`]: mtu, [`${docker}container_iface_prefix`]: linkPrefix, [`${docker}enable_ipv4`]: familyFlag, [`${docker}enable_ipv6`]: familyFlag,
};
const byDriver: Record<string, Record<string, Check>> = {
  bridge: {
    ...common,
    [`${docker}bridge.name`]: (value, name) => (value === '' ? undefined : value.startsWith(shardPrefix) ? `invalid ${name}: names that begin with "${shardPrefix}" are this engine's own` : linkName(value, name)),
    [`${docker}bridge.enable_ip_masquerade`]: boolean,
    [`${docker}bridge.enable_icc`]: boolean,
    [`${docker}bridge.host_binding_ipv4`]: address,
    [`${docker}bridge.inhibit_ipv4`]: boolean,
    [`${docker}bridge.gateway_mode_ipv4`]: gatewayMode,
    [`${docker}bridge.gateway_mode_ipv6`]: gatewayMode,
    [`${docker}bridge.trusted_host_interfaces`]: linkNames,
    [`${docker}host_ipv4`]: sourceOf(4),
    [`${docker}host_ipv6`]: sourceOf(6),
  },
  macvlan: { ...common, parent: (value, name) => (value === '' ? undefined : value === 'lo' ? 'loopback interface is not a valid macvlan parent link' : linkName(value, name)), macvlan_mode: mode },
};

/** @throws invalid for a value that an option of the driver cannot have */
export function checkOptions(driver: string, options: Record<string, string>, { internal }: { internal: boolean }): void {
  for (const [name, value] of Object.entries(options)) {
    const complaint = byDriver[driver]?.[name]?.(value, name);
    if (complaint !== undefined) throw new GantryError('invalid', complaint);
  }
  if (!internal && gatewayModeNames.some((name) => options[name] === 'isolated')) throw new GantryError('invalid', "gateway mode 'isolated' can only be used for an internal network");
}

/** Names of options that the driver does not have here. */
export function unknownOptions(driver: string, options: Record<string, string>): string[] {
  return Object.keys(options).filter((name) => byDriver[driver]?.[name] === undefined);
}

const gatewayModeNames = [4, 6].map((family) => `${docker}bridge.gateway_mode_ipv${family}`);

/** What the kernel takes as a name, 15 bytes. */
export function isLinkName(text: string): boolean {
  return /^[\x21-\x7e]{1,15}$/.test(text) && !/[/:"]/.test(text) && text !== '.' && text !== '..' && text !== 'lo' && text !== 'all' && text !== 'default';
}
