import { readAttributes, readText, type Message } from './attributes.ts';
import { addressText, macText } from './wire-address.ts';

export interface Link {
  index: number;
  name: string;
  /** `bridge`, `veth` …; empty for real devices and lo. */
  kind: string;
  up: boolean;
  mtu: number;
  macAddress: string;
  /** Index of the bridge it is a port of; 0 for none. */
  master: number;
  group: number;
}

export function readLink({ body }: Message): Link {
  const attributes = readAttributes(body.subarray(16));
  const linkInfo = attributes.get(18);
  return {
    index: body.readInt32LE(4),
    up: (body.readUInt32LE(8) & 1) === 1,
    name: readText(attributes.get(3)),
    mtu: attributes.get(4)?.readUInt32LE(0) ?? 0,
    macAddress: macText(attributes.get(1) ?? Buffer.alloc(0)),
    master: attributes.get(10)?.readUInt32LE(0) ?? 0,
    group: attributes.get(27)?.readUInt32LE(0) ?? 0,
    kind: linkInfo === undefined ? '' : readText(readAttributes(linkInfo).get(1)),
  };
}

export interface LinkAddress { linkIndex: number; /** With prefix length. */ address: string }

export function readLinkAddress({ body }: Message): LinkAddress {
  const attributes = readAttributes(body.subarray(8));
  const bytes = attributes.get(2) ?? attributes.get(1) ?? Buffer.alloc(4);
  return { linkIndex: body.readUInt32LE(4), address: `${addressText(bytes)}/${body[1]}` };
}

export interface HostRoute {
  /** With prefix length; `0.0.0.0/0` or `::/0` is the default route. */
  destination: string;
  linkIndex: number;
  gateway: string | undefined;
}

/** Routes of the kernel's own bookkeeping (local, broadcast, multicast) come along: `unicast` is 1. */
export function readRoute({ body }: Message): HostRoute & { kind: number } {
  const attributes = readAttributes(body.subarray(12));
  const bytes = attributes.get(1) ?? Buffer.alloc(body[0] === 10 ? 16 : 4);
  const gateway = attributes.get(5);
  return {
    destination: `${addressText(bytes)}/${body[1]}`,
    linkIndex: attributes.get(4)?.readUInt32LE(0) ?? 0,
    gateway: gateway === undefined ? undefined : addressText(gateway),
    kind: body[7] ?? 0,
  };
}
