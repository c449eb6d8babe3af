import { isIPv4, isIPv6 } from 'node:net';
import { addressBytes, addressText } from '../../host/netlink/wire-address.ts';

/** A block of addresses of one family; addresses are numbers. */
export interface Subnet { family: 4 | 6; base: bigint; prefix: number }

/** undefined when the text is no CIDR block. Host bits are cut off. */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1] ?? '';
  const prefix = Number(match?.[2]);
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  if (family === undefined || prefix > bitsOf(family)) return undefined;
  const size = 1n << BigInt(bitsOf(family) - prefix);
  return { family, base: (addressNumber(address) / size) * size, prefix };
}

export function subnetText(subnet: Subnet): string {
  return `${addressOf(subnet.family, subnet.base)}/${subnet.prefix}`;
}

export function subnetSize(subnet: Subnet): bigint {
  return 1n << BigInt(bitsOf(subnet.family) - subnet.prefix);
}

export function subnetsOverlap(one: Subnet, other: Subnet): boolean {
  if (one.family !== other.family) return false;
  return one.base < other.base + subnetSize(other) && other.base < one.base + subnetSize(one);
}

export function subnetHolds(subnet: Subnet, address: string): boolean {
  if ((isIPv4(address) ? 4 : 6) !== subnet.family) return false;
  const number = addressNumber(address);
  return number >= subnet.base && number < subnet.base + subnetSize(subnet);
}

/** Subnets of `prefix` in the block, in order. */
export function* subnetsWithin(block: Subnet, prefix: number): Generator<Subnet> {
  const step = 1n << BigInt(bitsOf(block.family) - prefix);
  for (let base = block.base; base < block.base + subnetSize(block); base += step) yield { family: block.family, base, prefix };
}

/** @param address an address that `isIP` accepts */
export function addressNumber(address: string): bigint {
  return BigInt(`0x${addressBytes(address).toString('hex')}`);
}

export function addressOf(family: 4 | 6, number: bigint): string {
  return addressText(Buffer.from(number.toString(16).padStart(bitsOf(family) / 4, '0'), 'hex'));
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}
