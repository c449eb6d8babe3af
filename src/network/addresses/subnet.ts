import { isIPv4, isIPv6 } from 'node:net';

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
  if (isIPv4(address)) return address.split('.').reduce((number, part) => number * 256n + BigInt(part), 0n);
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`);
  const [left = '', right = ''] = plain.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === '' ? [] : right.split(':');
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  return groups.reduce((number, group) => number * 65536n + BigInt(parseInt(group, 16)), 0n);
}

export function addressOf(family: 4 | 6, number: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((number >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  const zeros = [...groups.join(':').matchAll(/\b0(:0)+\b/g)].toSorted((a, b) => b[0].length - a[0].length || a.index - b.index)[0];
  if (zeros === undefined) return groups.join(':');
  const text = groups.join(':');
  return `${text.slice(0, zeros.index).replace(/:$/, '')}::${text.slice(zeros.index + zeros[0].length).replace(/^:/, '')}`;
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}
