import { GantryError } from '../../../base/errors.ts';
import { ExactNumber, largestDouble, largestInt64, largestUint64 } from './exact-number.ts';
import { goType, type Field, type FieldType, type Struct } from './field.ts';

/** Where a value stands, for the message: `HostConfig.Memory` in the struct that was read. */
interface Place { root: string; path: string }

const ranges: Partial<Record<string, [low: bigint, high: bigint]>> = {
  int: [-largestInt64 - 1n, largestInt64],
  int64: [-largestInt64 - 1n, largestInt64],
  uint16: [0n, 0xffffn],
  uint32: [0n, 0xffff_ffffn],
  uint64: [0n, largestUint64],
};

/**
 * Reads a wire struct into the domain's value. Keys match without regard to case, unknown ones are passed over. What says nothing
 * (null, and the zero value of a plain type) is absent from the result: `undefined` has one meaning in the engine.
 * @throws invalid in the manner of Go's decoder: the client sees which field holds what it may not.
 */
export function decodeStruct<T extends object>(struct: Struct, value: unknown, place: Place = { root: struct.name, path: '' }): T {
  if (!isObject(value)) throw mismatch(value, { struct }, place);
  const fields = fieldsByName(struct);
  const result: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    const known = fields.get(name.toLowerCase());
    if (known === undefined || given === null) continue;
    const decoded = decode(known.type, given, { root: place.root, path: join(place.path, known.wire) });
    if (!isUnsaid(known.type, decoded)) result[known.key] = decoded;
  }
  return result as T;
}

const fieldsCache = new WeakMap<Struct, Map<string, Field>>();

function fieldsByName(struct: Struct): Map<string, Field> {
  const known = fieldsCache.get(struct);
  if (known !== undefined) return known;
  const made = new Map(struct.fields.map((one) => [one.wire.toLowerCase(), one]));
  fieldsCache.set(struct, made);
  return made;
}

/** On the wire "", 0, false and a size of nothing are how a client says nothing, unless the field is a pointer. */
function isUnsaid(type: FieldType, value: unknown): boolean {
  if (type === 'size') return (value as number[]).every((one) => one === 0);
  return value === '' || value === 0 || value === false ? typeof type === 'string' : false;
}

function decode(type: FieldType, value: unknown, place: Place): unknown {
  if (typeof type === 'string') return decodePlain(type, value, place);
  if ('pointer' in type) return decode(type.pointer, value, place);
  if ('struct' in type) return decodeStruct(type.struct, value, place);
  if ('list' in type) return decodeList(type.list, value, place);
  if (!isObject(value)) throw mismatch(value, type, place);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, orZero(type.map, one, place)]));
}

function decodeList(item: FieldType, value: unknown, place: Place): unknown[] {
  if (!Array.isArray(value)) throw mismatch(value, { list: item }, place);
  return value.map((one) => orZero(item, one, place));
}

function decodePlain(type: Extract<FieldType, string>, value: unknown, place: Place): unknown {
  switch (type) {
    case 'string': return expect(typeof value === 'string', value, type, place);
    case 'bool': return expect(typeof value === 'boolean', value, type, place);
    case 'empty': return expect(isObject(value), value, type, place);
    case 'words': return typeof value === 'string' ? [value] : decodeList('string', value, place);
    case 'size': return decodeSize(value, place);
    default: return decodeInteger(type, value, place);
  }
}

/** The nearest double of a number that none holds. */
function decodeInteger(type: Extract<FieldType, string>, value: unknown, place: Place): number {
  if (typeof value !== 'number' && !(value instanceof ExactNumber)) throw mismatch(value, type, place);
  const text = typeof value === 'number' ? String(value) : value.text;
  const [low, high] = ranges[type]!;
  const exact = /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  if (exact === undefined || exact < low || exact > high) throw mismatch(value, type, place, ` ${text}`);
  return exact > BigInt(largestDouble) && high === largestInt64 ? largestDouble : Number(exact);
}

/** Go's arrays have a fixed length: what is missing is 0, what is too much is dropped. */
function decodeSize(value: unknown, place: Place): [number, number] {
  const [height = 0, width = 0] = decodeList('uint32', value, place) as number[];
  return [height, width];
}

function orZero(type: FieldType, value: unknown, place: Place): unknown {
  if (value !== null) return decode(type, value, place);
  if (typeof type === 'string') return { string: '', bool: false, empty: {}, words: [], size: [0, 0] }[type as 'string'] ?? 0;
  if ('list' in type) return [];
  return {};
}

function expect(fits: boolean, value: unknown, type: FieldType, place: Place): unknown {
  if (!fits) throw mismatch(value, type, place);
  return value;
}

/** @param detail the number itself, where it is its value that does not fit */
function mismatch(value: unknown, type: FieldType, { root, path }: Place, detail = ''): GantryError {
  const where = path === '' ? `Go value of type ${root}` : `Go struct field ${root}.${path} of type ${goType(type)}`;
  return new GantryError('invalid', `invalid JSON: json: cannot unmarshal ${kindOf(value)}${detail} into ${where}`);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof ExactNumber) return 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
