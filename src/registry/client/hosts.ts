import { BlockList, isIP } from 'node:net';

/** Docker Hub's name in references, in its config file, and the host that answers. */
export const hubName = 'docker.io';
const hubHost = 'registry-1.docker.io';

/** One place where a registry can be asked. */
export interface Endpoint {
  /** The registry's name as people write it: `docker.io`, `localhost:5000`. For a mirror its own host. */
  registry: string;
  /** Without a trailing slash; mirrors may have a path. */
  base: string;
  mirror: boolean;
  insecure: boolean;
}

/**
 * Where to ask for `registry`, in order. An insecure registry is tried with TLS first, then without;
 * any other is never asked without TLS.
 */
export function endpointsOf(registry: string, options: { mirrors: string[]; insecureRegistries: string[] }): Endpoint[] {
  const insecure = isInsecure(registry, options.insecureRegistries);
  const own = (scheme: string): Endpoint => ({ registry, base: `${scheme}://${hostOf(registry)}`, mirror: false, insecure });
  const mirrors = options.mirrors.map((url) => mirrorEndpoint(url, options.insecureRegistries));
  return [...mirrors, own('https'), ...(insecure ? [own('http')] : [])];
}

function mirrorEndpoint(text: string, insecureRegistries: string[]): Endpoint {
  const url = new URL(text);
  return {
    registry: url.host,
    base: `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, ''),
    mirror: true,
    insecure: url.protocol === 'http:' || isInsecure(url.host, insecureRegistries),
  };
}

export function hostOf(registry: string): string {
  return registry === hubName ? hubHost : registry;
}

/** True for loopback, and for what the list names by host, host:port or CIDR. */
export function isInsecure(registry: string, insecureRegistries: string[]): boolean {
  const name = withoutPort(registry);
  return isLoopback(name) || insecureRegistries.some((entry) => entry === registry || entry === name || cidrHolds(entry, name));
}

export function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

export function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** `entry` is `10.0.0.0/8` or `fd00::/8`; only literal addresses are inside, names are not looked up. */
export function cidrHolds(entry: string, address: string): boolean {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(entry);
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (match === null || isIP(address) === 0 || isIP(match[1]!) !== isIP(address)) return false;
  if (Number(match[2]) > (family === 'ipv6' ? 128 : 32)) return false;
  const block = new BlockList();
  block.addSubnet(match[1]!, Number(match[2]), family);
  return block.check(address, family);
}
