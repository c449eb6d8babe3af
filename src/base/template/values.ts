import { nilPointer } from './nil.ts';
import { Structure } from './structure.ts';

/** How Go's templates see values that came from JSON. */

/** Empty values are false: false, 0, "", nil, and empty lists and maps. */
export function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Structure) return true;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** What `{{value}}` prints. */
export function printed(value: unknown): string {
  return value === undefined || value === null ? '<no value>' : formatted(value);
}

/** Go's `%v`. */
export function formatted(value: unknown): string {
  if (value === undefined || value === null || value === nilPointer) return '<nil>';
  if (value instanceof Structure) return value.print(formattedWithin);
  if (Array.isArray(value)) return `[${value.map(formattedWithin).join(' ')}]`;
  if (typeof value === 'function') return formatted((value as () => unknown)());
  if (typeof value === 'object') return `map[${sortedEntries(value).map(([key, item]) => `${key}:${formattedWithin(item)}`).join(' ')}]`;
  if (typeof value === 'number' && !Number.isInteger(value)) return goFloat(value);
  return String(value);
}

/** Pointers are followed at the top alone. */
function formattedWithin(value: unknown): string {
  return value instanceof Structure && value.isPointer && !value.hasText ? '0xc000000000' : formatted(value);
}

function goFloat(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e21) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

export function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}

export function kindName(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (value instanceof Structure) return `${value.isPointer ? '*' : ''}${value.type}`;
  if (Array.isArray(value)) return '[]interface {}';
  return { string: 'string', number: 'int', boolean: 'bool', object: 'map[string]interface {}' }[typeof value as string] ?? typeof value;
}

/** A value with its methods called, as it is written to JSON. */
export function plain(value: unknown): unknown {
  return typeof value === 'function' ? plain((value as () => unknown)()) : value;
}

const keyTypes = new WeakMap<object, string>();

/** Says that the keys of a map have a type of their own in Go, so that no text can be its index. */
export function withKeyType<T extends object>(map: T, type: string): T {
  keyTypes.set(map, type);
  return map;
}

export function keyTypeOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? keyTypes.get(value) : undefined;
}
