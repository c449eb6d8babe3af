import { GantryError } from '../base/errors.ts';
import { parseDuration } from '../base/parse-duration.ts';

/** Docker's `filters` in one form: key → values, as given. Values of one key are or-ed, keys are and-ed. */
export type Filters = ReadonlyMap<string, readonly string[]>;

export interface ReadFilters {
  values(key: string): readonly string[];
  /** True when the key is absent, or one of its values passes. */
  some(key: string, passes: (value: string) => boolean): boolean;
  /** True when all values of the key pass. */
  every(key: string, passes: (value: string) => boolean): boolean;
  /** A yes-or-no filter, read at once: undefined when nobody asked. @throws invalid for another word than Docker's four, and for both answers */
  flag(key: string): boolean | undefined;
}

/** @throws invalid for a key that is not known here. */
export function readFilters(filters: Filters, known: readonly string[]): ReadFilters {
  for (const key of filters.keys()) {
    if (!known.includes(key)) throw new GantryError('invalid', `invalid filter '${key}'`);
  }
  const values = (key: string): readonly string[] => filters.get(key) ?? [];
  return {
    values,
    some: (key, passes) => values(key).length === 0 || values(key).some(passes),
    every: (key, passes) => values(key).every(passes),
    flag: (key) => (filters.has(key) ? readBoolean(key, values(key)) : undefined),
  };
}

function readBoolean(key: string, values: readonly string[]): boolean {
  const isTrue = values.includes('1') || values.includes('true');
  const isFalse = values.includes('0') || values.includes('false');
  if (isTrue === isFalse) throw new GantryError('invalid', `invalid filter '${key}=[${values.join(' ')}]'`);
  return isTrue;
}

/** Docker reads the values of `name` as regular expressions, found anywhere; what is none is a name as a whole. @throws invalid for one that is absurdly long */
export function matchesPattern(texts: readonly string[], value: string): boolean {
  if (value.length > 256) throw new GantryError('invalid', `invalid filter 'name=${value.slice(0, 40)}…'`);
  try {
    const pattern = new RegExp(value);
    return texts.some((text) => pattern.test(text));
  } catch {
    return texts.includes(value);
  }
}

/** Every wanted `key` or `key=value` is there. */
export function matchesLabels(labels: Record<string, string> | undefined, wanted: readonly string[]): boolean {
  return wanted.every((each) => {
    const at = each.indexOf('=');
    const key = at === -1 ? each : each.slice(0, at);
    const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value !== undefined && (at === -1 || value === each.slice(at + 1));
  });
}

/** `label!` of a prune keeps what has all the labels it lists, as Docker reads it. */
export function excludedByLabels(labels: Record<string, string> | undefined, filters: ReadFilters): boolean {
  const unwanted = filters.values('label!');
  return unwanted.length > 0 && matchesLabels(labels, unwanted);
}

/** The `until` of prunes, in ms since the epoch. Undefined when not asked. */
export function readUntil(filters: ReadFilters, nowMs: number = Date.now()): number | undefined {
  const values = filters.values('until');
  if (values.length > 1) throw new GantryError('invalid', 'more than one until filter specified');
  return values[0] === undefined ? undefined : momentMs(values[0], nowMs);
}

/** Ms since the epoch, of a Unix time, an RFC 3339 time or a beginning of one, or a duration before now. @throws invalid */
export function momentMs(text: string, nowMs: number = Date.now()): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  try {
    return nowMs - parseDuration(text) / 1e6;
  } catch (cause) {
    throw new GantryError('invalid', `failed to parse value as time or duration: ${JSON.stringify(text)}`, { cause });
  }
}
