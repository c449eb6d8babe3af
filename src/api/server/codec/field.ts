/**
 * A struct of the wire as a table of fields: the codec walks it both ways, so a field is written down once.
 * Types carry Go's names, since Docker's error messages do.
 */
export type FieldType =
  | 'string' | 'bool' | 'int' | 'int64' | 'uint16' | 'uint32' | 'uint64'
  /** `{}`, the value of a set. */
  | 'empty'
  /** A list that may be given as one bare string. */
  | 'words'
  /** `[height, width]`. */
  | 'size'
  | { list: FieldType }
  | { map: FieldType }
  | { struct: Struct }
  /** null is a value of its own, "not said"; it is the zero value of the type. */
  | { pointer: FieldType };

export interface Field {
  wire: string;
  /** Name in the domain's value. */
  key: string;
  type: FieldType;
  /** Not written when it is empty: null, "", 0, false, {} or []. */
  omitEmpty?: boolean;
}

export interface Struct { name: string; fields: readonly Field[] }

/** A field whose domain name is the wire's with a small first letter, unless `key` names another. */
export function field(wire: string, type: FieldType, options: { key?: string; omitEmpty?: boolean } = {}): Field {
  return { wire, type, key: options.key ?? wire[0]!.toLowerCase() + wire.slice(1), omitEmpty: options.omitEmpty ?? false };
}

/** As `field`, not written when empty. */
export function optional(wire: string, type: FieldType, key?: string): Field {
  return field(wire, type, { key, omitEmpty: true });
}

export const strings: FieldType = { list: 'string' };
export const stringMap: FieldType = { map: 'string' };

/** Go's name of a type, for messages. */
export function goType(type: FieldType): string {
  if (typeof type === 'string') return { empty: 'struct {}', words: '[]string', size: '[2]uint' }[type as 'empty'] ?? type;
  if ('list' in type) return `[]${goType(type.list)}`;
  if ('map' in type) return `map[string]${goType(type.map)}`;
  if ('pointer' in type) return goType(type.pointer);
  return type.struct.name;
}
