import { isIPv4, isIPv6 } from 'node:net';

/** Addresses between their text and the bytes that the kernel wants, in network order. @throws TypeError on text that is no address */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  if (isIPv6(address)) return ipv6Bytes(address);
  throw new TypeError(`not an IP address: ${address}`);
}

export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return compress(groups);
}

export function macBytes(macAddress: string): Buffer {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(macAddress)) throw new TypeError(`not a MAC address: ${macAddress}`);
  return Buffer.from(macAddress.replace(/[:-]/g, ''), 'hex');
}

export function macText(bytes: Buffer): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

export function splitPrefix(address: string): { host: string; prefix: number } {
  const [host = '', prefix] = address.split('/');
  return { host, prefix: prefix === undefined ? (host.includes(':') ? 128 : 32) : Number(prefix) };
}

function ipv6Bytes(address: string): Buffer {
  const plain = address.replace(/%.*$/, '').replace(/\d+\.\d+\.\d+\.\d+$/, (dotted) => addressBytes(dotted).toString('hex').replace(/^.{4}/, '$&:'));
  const [left = '', right] = plain.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  const bytes = Buffer.alloc(16);
  before.forEach((group, index) => bytes.writeUInt16BE(parseInt(group, 16), index * 2));
  after.forEach((group, index) => bytes.writeUInt16BE(parseInt(group, 16), (8 - after.length + index) * 2));
  return bytes;
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`, the first of equals. */
function compress(groups: string[]): string {
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === '0') length++;
    if (length > best.length) best = { at, length };
  }
  if (best.at === -1) return groups.join(':');
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
}
