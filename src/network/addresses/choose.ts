import { addressNumber, addressOf, parseSubnet, subnetSize, subnetText, subnetsOverlap, subnetsWithin, type Subnet } from './subnet.ts';

/** A block that is cut into subnets of `size` bits of prefix. */
export interface AddressPool { base: string; size: number }

/** Docker's: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/16 in blocks of /20. */
export const defaultPools: readonly AddressPool[] = [
  ...Array.from({ length: 15 }, (_, index) => ({ base: `172.${17 + index}.0.0/16`, size: 16 })), { base: '192.168.0.0/16', size: 20 },
];

/** The first subnet of the pools that overlaps none of `used` (other networks, routes of the host); undefined when all do. */
export function chooseSubnet(used: readonly string[], pools: readonly AddressPool[] = defaultPools): string | undefined {
  const blocks = used.map(parseSubnet).filter((subnet) => subnet !== undefined && subnet.prefix > 0) as Subnet[];
  for (const candidate of subnetsOf(pools)) {
    if (!blocks.some((block) => subnetsOverlap(block, candidate))) return subnetText(candidate);
  }
  return undefined;
}

function* subnetsOf(pools: readonly AddressPool[]): Generator<Subnet> {
  for (const { base, size } of pools) yield* subnetsWithin(required(base), size);
}

/** The first address after the network's own. */
export function firstAddress(subnet: string): string {
  const { family, base } = required(subnet);
  return addressOf(family, base + 1n);
}

/**
 * The next free address after `last`, wrapping around once, as Docker gives them: an address that was just given back rests longest.
 * The network's own address (in IPv6 that of its routers, RFC 4291 §2.6.1) and the broadcast address are never given. undefined when none is free.
 */
export function nextAddress(options: { subnet: string; range?: string; last?: string; taken: (address: string) => boolean }): string | undefined {
  const subnet = required(options.subnet);
  const range = options.range === undefined ? subnet : required(options.range);
  const size = subnetSize(range);
  const start = options.last === undefined ? 0n : addressNumber(options.last) + 1n - range.base;
  for (let step = 0n; step < size; step++) {
    const number = range.base + (((start + step) % size) + size) % size;
    const address = addressOf(subnet.family, number);
    if (!isOfSubnet(subnet, address) && !options.taken(address)) return address;
  }
  return undefined;
}

/** Whether an address is that of the subnet itself, or of everybody in it. A subnet of two has neither (RFC 3021). */
export function isOfSubnet(subnet: Subnet, address: string): boolean {
  const size = subnetSize(subnet);
  const number = addressNumber(address);
  return size > 2n && (number === subnet.base || (subnet.family === 4 && number === subnet.base + size - 1n));
}

/** Docker's: 02:42 and the four bytes of the IPv4 address, so that an address keeps its MAC and neighbours' caches stay right. */
export function macOf(ipv4: string): string {
  return ['02', '42', ...ipv4.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
}

function required(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw new TypeError(`not a subnet: ${text}`);
  return subnet;
}
