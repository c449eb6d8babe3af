import { compile } from '../../base/template/evaluate.ts';
import { TemplateError } from '../../base/template/lex.ts';
import { GantryError } from '../../base/errors.ts';
import { jsonText } from '../../base/template/json-text.ts';
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
  /** With `-q`: the template of one row, which any format but plain `table` overrules. */
  quiet?: string | undefined;
  /** How complaints about the format begin, where not with `template parsing error`: what cannot be read, and what cannot be applied. */
  complaints?: { read: string; apply: string };
}

/** The text of a list, each row on its line. Throws GantryError `invalid` for a template that cannot be read or applied. */
export function listText(listing: Listing, rows: readonly Row[]): string {
  const format = listing.format === '' ? 'table' : listing.format;
  if (format === 'json' || format === '{{json .}}') return rows.map((row) => `${escapedHtml(JSON.stringify(sorted(row)))}\n`).join('');
  if (format === 'table' && listing.quiet !== undefined) return rendered(listing, listing.quiet, rows);
  const isTable = /^table\b/.test(format);
  if (!isTable) return rendered(listing, escapes(format), rows);
  const template = escapes(format.slice('table'.length).trim()) || listing.columns;
  return alignTabs(rendered(listing, template, [headerRow(listing.headers)], true) + rendered(listing, template, rows));
}

/** Readies one template for many values that arrive one by one (events, stats). */
export function rowWriter(format: string): (row: Row) => string {
  if (format === 'json') return (row) => jsonText(sorted(row));
  const compiled = guarded(() => compile(escapes(format)));
  return (row) => guarded(() => compiled.execute(row));
}

function rendered({ complaints }: Listing, template: string, rows: readonly Row[], headers = false): string {
  const compiled = guarded(() => compile(template, { headers }), complaints?.read);
  return guarded(() => rows.map((row) => `${compiled.execute(row)}\n`).join(''), complaints?.apply);
}

export function guarded<T>(act: () => T, complaint = 'template parsing error'): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new GantryError('invalid', `${complaint}: ${error.message}`, { cause: error });
  }
}

/** Rows stand in JSON as Go's encoder writes them by default. */
function escapedHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
