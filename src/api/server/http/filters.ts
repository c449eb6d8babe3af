import { GantryError } from '../../../base/errors.ts';
import type { Filters } from '../../../engine/filters.ts';

/** Reads `filters`, in the form `{"key":["value"]}` or the older `{"key":{"value":true}}`, and refuses keys that are not in `accepted`. */
export function parseFilters(text: string, accepted: readonly string[]): Filters {
  const filters = new Map<string, string[]>();
  if (text === '') return filters;
  for (const [key, values] of Object.entries(parseObject(text))) {
    if (!accepted.includes(key)) throw new GantryError('invalid', `invalid filter '${key}'`);
    filters.set(key, valuesOf(values));
  }
  return filters;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidFilter();
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw invalidFilter();
  return value as Record<string, unknown>;
}

function valuesOf(values: unknown): string[] {
  if (values === null) return [];
  if (Array.isArray(values)) {
    if (values.every((value) => typeof value === 'string')) return values;
    throw invalidFilter();
  }
  if (typeof values !== 'object') throw invalidFilter();
  const entries = Object.entries(values as object);
  if (!entries.every(([, set]) => typeof set === 'boolean')) throw invalidFilter();
  return entries.map(([value]) => value);
}

function invalidFilter(): GantryError {
  return new GantryError('invalid', 'invalid filter');
}
