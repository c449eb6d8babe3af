import { compile } from '../template/evaluate.ts';
import { TemplateError } from '../template/lex.ts';
import { GantryError } from '../../base/errors.ts';
import { jsonText } from './json-text.ts';
import { alignTabs } from './table.ts';

/** A row of a list: its fields by the names that templates use. `Label` and the like are methods and stay out of JSON. */
export type Row = Record<string, unknown>;

export interface Listing {
  /** What `--format` (or the configuration file) says; empty is `table`. */
  format: string;
  /** Headers by field. */
  headers: Readonly<Record<string, string>>;
  /** The template of the plain table, without the word `table`. */
  columns: string;
  /** With `-q`: the template of one row, which a format other than `table` overrules. */
  quiet?: string | undefined;
}

/** The text of a list, each row on its line. Throws GantryError `invalid` for a template that cannot be read or applied. */
export function listText(listing: Listing, rows: readonly Row[]): string {
  const format = listing.format === '' ? 'table' : listing.format;
  if (format === 'json' || format === '{{json .}}') return rows.map((row) => `${JSON.stringify(sorted(row))}\n`).join('');
  const isTable = /^table\b/.test(format);
  if (isTable && listing.quiet !== undefined) return rendered(listing.quiet, rows);
  if (!isTable) return rendered(escapes(format), rows);
  const template = escapes(format.slice('table'.length).trim()) || listing.columns;
  return alignTabs(rendered(template, [headerRow(listing.headers)], true) + rendered(template, rows));
}

/** Readies one template for many values that arrive one by one (events, stats). */
export function rowWriter(format: string): (row: Row) => string {
  if (format === 'json') return (row) => jsonText(sorted(row));
  const compiled = guarded(() => compile(escapes(format)));
  return (row) => guarded(() => compiled.execute(row));
}

function rendered(template: string, rows: readonly Row[], headers = false): string {
  return guarded(() => {
    const compiled = compile(template, { headers });
    return rows.map((row) => `${compiled.execute(row)}\n`).join('');
  });
}

export function guarded<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new GantryError('invalid', `template parsing error: ${error.message}`, { cause: error, hint: 'Use --format with a Go template, for example --format "{{json .}}".' });
  }
}

/** `\t` and `\n` may be written as two characters. */
function escapes(format: string): string {
  return format.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
}

function headerRow(headers: Readonly<Record<string, string>>): Row {
  return { ...headers, Label: (name: unknown) => String(name).split('.').at(-1)?.replace(/[-_]/g, ' ') ?? '' };
}

function sorted(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => typeof value !== 'function').sort(([left], [right]) => (left < right ? -1 : 1)));
}
