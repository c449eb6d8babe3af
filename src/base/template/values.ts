import { nilPointer } from './nil.ts';

/** How Go's templates see values that came from JSON. */

/** Empty values are false: false, 0, "", nil, and empty lists and maps. */
export function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
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
  if (Array.isArray(value)) return `[${value.map(formatted).join(' ')}]`;
  if (typeof value === 'function') return formatted((value as () => unknown)());
  if (typeof value === 'object') return `map[${sortedEntries(value).map(([key, item]) => `${key}:${formatted(item)}`).join(' ')}]`;
  if (typeof value === 'number' && !Number.isInteger(value)) return goFloat(value);
  return String(value);
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
  if (Array.isArray(value)) return '[]interface {}';
  return { string: 'string', number: 'int', boolean: 'bool', object: 'map[string]interface {}' }[typeof value as string] ?? typeof value;
}

/** A value with its methods called, as it is written to JSON. */
export function plain(value: unknown): unknown {
  return typeof value === 'function' ? plain((value as () => unknown)()) : value;
}
