/**
 * The byte layout of rtnetlink: a header, a fixed part that depends on the message, then attributes (length u16, type u16, value,
 * padded to four bytes), which nest. Integers are in host order, little-endian on every platform Gantry runs on; addresses are in network order.
 * Source: linux/netlink.h, linux/rtnetlink.h, netlink(7), rtnetlink(7).
 */
const nestedFlag = 0x8000;
const headerLength = 16;

/** Bits of a message's header, those of the kinds of requests too. */
export const flag = { request: 1, ack: 4, replace: 0x100, exclusive: 0x200, dump: 0x300, create: 0x400, append: 0x800 } as const;

export interface Attribute { type: number; value: Buffer }

export function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(align(4 + value.length));
  padded.writeUInt16LE(4 + value.length, 0);
  padded.writeUInt16LE(type, 2);
  value.copy(padded, 4);
  return padded;
}

export function nested(type: number, ...children: Buffer[]): Buffer {
  return attribute(type | nestedFlag, Buffer.concat(children));
}

export function u8(type: number, value: number): Buffer {
  return attribute(type, Buffer.from([value]));
}

export function u32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return attribute(type, bytes);
}

/** netfilter's integers are in network order, unlike those of rtnetlink. */
export function u32be(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return attribute(type, bytes);
}

/** A string with its terminating zero. */
export function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`));
}

/** One whole message; `sequence` is filled in when it is sent. */
export function message(type: number, flags: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const bytes = Buffer.alloc(align(headerLength + body.length));
  bytes.writeUInt32LE(headerLength + body.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  body.copy(bytes, headerLength);
  return bytes;
}

export interface Message { type: number; flags: number; sequence: number; body: Buffer }

/** The messages in what one receive returned. A length that lies ends the walk. */
export function splitMessages(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at + headerLength <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    if (length < headerLength || at + length > bytes.length) break;
    messages.push({
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      body: bytes.subarray(at + headerLength, at + length),
    });
    at += align(length);
  }
  return messages;
}

/** Attributes by type; of two with one type the last counts. */
export function readAttributes(bytes: Buffer): Map<number, Buffer> {
  return new Map(listAttributes(bytes).map(({ type, value }) => [type, value]));
}

/** All of them, in order: lists are attributes of one type. A length that lies ends the walk. */
export function listAttributes(bytes: Buffer): Attribute[] {
  const found: Attribute[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    found.push({ type: bytes.readUInt16LE(at + 2) & 0x3fff, value: bytes.subarray(at + 4, at + length) });
    at += align(length);
  }
  return found;
}

export function readText(value: Buffer | undefined): string {
  return value === undefined ? '' : value.toString('utf8').replace(/\0.*$/s, '');
}

function align(length: number): number {
  return (length + 3) & ~3;
}
