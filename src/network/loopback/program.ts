import { protocolNumber } from '../../host/internet-protocols.ts';

/** Sizes in bytes of the map's keys and values. */
export const keySize = 4;
export const valueSize = 20;

/**
 * What the kernel does when a process calls connect(2) with an IPv6 address: is it ::1, of this network namespace, and a published port, the
 * address becomes the container's. An IPv4 address stands there as ::ffff:a.b.c.d, so a container without IPv6 is reached as well.
 * No packet is touched: the connection is one to the container from its first packet on. A socket for IPv6 alone (IPV6_V6ONLY) cannot go to an IPv4 address, so its
 * call is left as it is, where the kernel can look into sockets.
 * @param namespace cookie of the network namespace @param map descriptor of the map
 * @param options.sparing leaves sockets for IPv6 alone; needs a kernel that describes its types (BTF)
 */
export function redirectProgram(namespace: bigint, map: number, { sparing }: { sparing: boolean }): Buffer {
  const code: Step[] = [
    move(6, 1),
    load(2, 6, context.address), unless(2, 0), load(2, 6, context.address + 4), unless(2, 0), load(2, 6, context.address + 8), unless(2, 0),
    load(2, 6, context.address + 12), unless(2, lastWordOfLoopback),
    move(1, 6), call(helper.namespaceCookie), ...wide(1, 0, namespace), unlessSame(0, 1),
    load(2, 6, context.port), storeHalf(10, -4, 2), load(2, 6, context.protocol), storeHalf(10, -2, 2),
    ...wide(1, mapDescriptor, BigInt(map)), move(2, 10), add(2, -4), call(helper.lookup), when(0, 0), move(7, 0),
    ...(sparing ? spareSocketsOfIpv6Alone : []),
    ...[0, 4, 8, 12].flatMap((word) => [load(1, 7, word), store(6, context.address + word, 1)]),
    load(1, 7, 16), store(6, context.port, 1),
  ];
  const steps = [...code, set(0, 1), leave];
  // Every conditional jump goes to the end: `return 1`, which lets the call go on with the address as it is.
  return Buffer.concat(steps.map((step, at) => encode(step.jumps === true ? { ...step, offset: code.length - at - 1 } : step)));
}

/** The key of a port: port and protocol, as the program puts them together. */
export function keyOf(protocol: 'tcp' | 'udp' | 'sctp', port: number): Buffer {
  const key = Buffer.alloc(keySize);
  key.writeUInt16BE(port, 0);
  key.writeUInt16LE(protocolNumber[protocol], 2);
  return key;
}

/** Where a port leads. @param address of 4 or 16 bytes */
export function valueOf(address: Buffer, port: number): Buffer {
  const value = Buffer.alloc(valueSize);
  address.copy(value, 16 - address.length);
  if (address.length === 4) value.writeUInt16BE(0xffff, 10);
  value.writeUInt16BE(port, 16);
  return value;
}

/** Offsets in `struct bpf_sock_addr`. Addresses and ports are in network order. */
const context = { address: 8, port: 24, protocol: 36, socket: 64 } as const;
const helper = { lookup: 1, namespaceCookie: 122, asTcp6: 136, asUdp6: 140 } as const;
const mapDescriptor = 1;
const lastWordOfLoopback = Buffer.from([0, 0, 0, 1]).readInt32LE();
/** What an IPv4 address has before it where IPv6 maps it. */
const mapped = { byte: 10, half: 0xffff } as const;
/** In `struct sock_common`, which every socket begins with: the byte after the state, and the bit of it. */
const ipv6Only = { byte: 19, bit: 0x20 } as const;

interface Step { opcode: number; to?: number; from?: number; offset?: number; value?: number; /** To the end of the program. */ jumps?: boolean }

const move = (to: number, from: number): Step => ({ opcode: 0xbf, to, from });
const set = (to: number, value: number): Step => ({ opcode: 0xb7, to, value });
const add = (to: number, value: number): Step => ({ opcode: 0x07, to, value });
const load = (to: number, from: number, offset: number): Step => ({ opcode: 0x61, to, from, offset });
const store = (to: number, offset: number, from: number): Step => ({ opcode: 0x63, to, from, offset });
const storeHalf = (to: number, offset: number, from: number): Step => ({ opcode: 0x6b, to, from, offset });
const loadHalf = (to: number, from: number, offset: number): Step => ({ opcode: 0x69, to, from, offset });
const loadByte = (to: number, from: number, offset: number): Step => ({ opcode: 0x71, to, from, offset });
const loadPointer = (to: number, from: number, offset: number): Step => ({ opcode: 0x79, to, from, offset });
const and = (to: number, value: number): Step => ({ opcode: 0x57, to, value });
const skipUnless = (to: number, value: number, offset: number): Step => ({ opcode: 0x55, to, value, offset });
const unless = (to: number, value: number): Step => ({ opcode: 0x55, to, value, jumps: true });
const unlessSame = (to: number, from: number): Step => ({ opcode: 0x5d, to, from, jumps: true });
const when = (to: number, value: number): Step => ({ opcode: 0x15, to, value, jumps: true });
const call = (value: number): Step => ({ opcode: 0x85, value });
const leave: Step = { opcode: 0x95 };
/** One constant of 64 bits takes two steps. */
const wide = (to: number, from: number, value: bigint): Step[] => [
  { opcode: 0x18, to, from, value: Number(BigInt.asIntN(32, value)) }, { opcode: 0, value: Number(BigInt.asIntN(32, value >> 32n)) },
];

/** With the value in register 7: to the end, when it is an IPv4 address and the socket cannot go there. */
const spareSocketsOfIpv6Alone: Step[] = [
  loadHalf(1, 7, mapped.byte), skipUnless(1, mapped.half, 9),
  loadPointer(1, 6, context.socket), call(helper.asTcp6), skipUnless(0, 0, 3),
  loadPointer(1, 6, context.socket), call(helper.asUdp6), when(0, 0),
  loadByte(1, 0, ipv6Only.byte), and(1, ipv6Only.bit), unless(1, 0),
];

function encode({ opcode, to = 0, from = 0, offset = 0, value = 0 }: Step): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(opcode, 0);
  bytes.writeUInt8(to | (from << 4), 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(value, 4);
  return bytes;
}
