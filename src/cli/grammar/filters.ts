import { custom, type Flag } from './flag.ts';

/** Filters by key, as the API takes them. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** `--filter key=value`, repeated. */
export function filters(summary: string, options: { short?: string } = {}): Flag<Filters> {
  return custom<Filters>(summary, {
    type: 'filter', ...options, initial: {},
    parse: (text, before) => {
      if (text === '') return before;
      const equals = text.indexOf('=');
      if (equals < 0) throw new Error(`bad format of filter (expected name=value)`);
      const key = text.slice(0, equals).trim().toLowerCase();
      return { ...before, [key]: [...new Set([...(before[key] ?? []), text.slice(equals + 1).trim()])] };
    },
  });
}

/** The query parameter, absent without filters. */
export function filterQuery(by: Filters): { filters?: string } {
  return Object.keys(by).length === 0 ? {} : { filters: JSON.stringify(Object.fromEntries(Object.entries(by).map(([key, values]) => [key, Object.fromEntries(values.map((value) => [value, true]))]))) };
}
