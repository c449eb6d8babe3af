import { exactJson } from './exact-number.ts';
import type { FieldType, Struct } from './field.ts';

/** Writes a domain value as Go's encoder would: every field, in the table's order, zero values where nothing was said. */
export function encodeStruct(struct: Struct, value: object): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { wire, key, type, omitEmpty } of struct.fields) {
    const given = (value as Record<string, unknown>)[key];
    if (omitEmpty === true && isEmpty(type, given)) continue;
    result[wire] = given === undefined || given === null ? zero(type) : encode(type, given);
  }
  return result;
}

function encode(type: FieldType, value: unknown): unknown {
  if (typeof type === 'string') return typeof value === 'number' ? exactJson(value) : value;
  if ('pointer' in type) return encode(type.pointer, value);
  if ('struct' in type) return encodeStruct(type.struct, value as object);
  if ('list' in type) return (value as unknown[]).map((one) => encode(type.list, one));
  return Object.fromEntries(Object.entries(value as object).sort(byKey).map(([key, one]) => [key, encode(type.map, one)]));
}

/** Go writes the keys of a map in order. */
export function inOrder<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(byKey));
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function zero(type: FieldType): unknown {
  if (typeof type !== 'string') return 'struct' in type ? encodeStruct(type.struct, {}) : null;
  switch (type) {
    case 'string': return '';
    case 'bool': return false;
    case 'empty': return {};
    case 'words': return null;
    case 'size': return [0, 0];
    default: return 0;
  }
}

/** As Go's `omitempty`: a pointer is empty when it is nil, whatever it would point at. */
function isEmpty(type: FieldType, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof type === 'object' && 'pointer' in type) return false;
  if (typeof value === 'object') return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}
