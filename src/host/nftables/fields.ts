import { addressBytes } from '../netlink/wire-address.ts';

/** What keys and values of sets are made of. `number` is the one by which nft shows a type (its datatype.h). */
export const fieldTypes = {
  ipv4: { number: 7, bytes: 4 },
  ipv6: { number: 8, bytes: 16 },
  protocol: { number: 12, bytes: 1 },
  port: { number: 13, bytes: 2 },
  ifname: { number: 41, bytes: 16 },
} as const;

export type Field = keyof typeof fieldTypes;

/** Each field begins in a register of its own, of 4 bytes; one that stands alone is as long as it is. */
export function fieldBytes(fields: readonly Field[]): number {
  const [only] = fields;
  return fields.length === 1 ? fieldTypes[only!].bytes : fields.reduce((sum, field) => sum + registersOf(field), 0);
}

/** Addresses and names as text, protocols and ports as numbers. @throws TypeError on text that is no address */
export function encodeFields(fields: readonly Field[], values: readonly (string | number)[]): Buffer {
  const bytes = Buffer.alloc(fieldBytes(fields));
  let at = 0;
  for (const [index, field] of fields.entries()) {
    encode(field, values[index] ?? 0).copy(bytes, at);
    at += registersOf(field);
  }
  return bytes;
}

function encode(field: Field, value: string | number): Buffer {
  if (field === 'ifname') return Buffer.from(`${value}\0`).subarray(0, fieldTypes.ifname.bytes);
  if (field === 'protocol') return Buffer.from([Number(value)]);
  if (field !== 'port') return addressBytes(String(value));
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(Number(value));
  return bytes;
}

function registersOf(field: Field): number {
  return Math.ceil(fieldTypes[field].bytes / 4) * 4;
}
