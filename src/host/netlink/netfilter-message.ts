import { message } from './attributes.ts';

/** NFPROTO: whose packets are meant. */
export const protocolFamily = { unspecified: 0, inet: 1, ipv4: 2, ipv6: 10 } as const;

/** A message of nfnetlink: a subsystem in the high byte of its type, what it asks for in the low one. Source: linux/netfilter/nfnetlink.h. */
export function netfilterMessage(
  { subsystem, kind, family, flags }: { subsystem: number; kind: number; family: number; flags: number }, ...attributes: Buffer[]
): Buffer {
  return message((subsystem << 8) | kind, flags, Buffer.from([family, 0, 0, 0]), ...attributes);
}
