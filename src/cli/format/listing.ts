import { compile } from '../../base/template/evaluate.ts';
import { TemplateError } from '../../base/template/lex.ts';
import { GantryError } from '../../base/errors.ts';
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
  /** With `-q`: the template of one row, which any format but plain `table` and `raw` overrules. */
  quiet?: string | undefined;
  /** The template of `raw`, where the list has one, and the one with `-q`. */
  raw?: { whole: string; quiet: string };
  /** How complaints name what a row is: `*formatter.ContainerContext`. */
  type: string;
}

/** The text of a list, each row on its line. Throws GantryError `invalid` for a template that cannot be read or applied. */
export function listText(listing: Listing, rows: readonly Row[]): string {
  const { raw, quiet } = listing;
  const format = trimmed(listing.format) || 'table';
  if (listing.format === 'json') return rows.map((row) => `${rowJson(row)}\n`).join('');
  if (listing.format === 'raw' && raw !== undefined) return rendered(listing, quiet === undefined ? raw.whole : raw.quiet, rows);
  const isPlain = listing.format === '' || listing.format === 'table';
  if (isPlain && quiet !== undefined) return rendered(listing, quiet, rows);
  if (listing.format !== '' && !listing.format.startsWith('table')) return rendered(listing, escapes(format), rows);
  const template = isPlain ? listing.columns : escapes(trimmed(format.slice('table'.length)));
  return alignTabs(rendered(listing, template, [headerRow(listing.headers)], true) + rendered(listing, template, rows));
}

function rendered({ type }: Listing, template: string, rows: readonly Row[], headers = false): string {
  const compiled = guarded(() => compile(template, { headers, type }));
  return guarded(() => rows.map((row) => `${compiled.execute(asJson(row))}\n`).join(''));
}

export function guarded<T>(act: () => T, complaint = 'template parsing error'): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new GantryError('invalid', complaint === '' ? error.message : `${complaint}: ${error.message}`, { cause: error });
  }
}

function trimmed(format: string): string {
  return format.replace(/^ +| +$/g, '');
}

function rowJson(row: Row): string {
  return escapedHtml(JSON.stringify(sorted(row)));
}

/** Lets `{{json .}}` write a row as `json` does: its fields in the order of their names, escaped as Go's encoder does by default. */
export function asJson(row: Row): Row {
  const text = (value: unknown): unknown => (typeof value === 'string' ? rawJson(escapedHtml(JSON.stringify(value))) : value);
  return Object.defineProperty(row, 'toJSON', { configurable: true, value: () => Object.fromEntries(Object.entries(sorted(row)).map(([name, value]) => [name, text(value)])) });
}

function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

export function escapedHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `\t` and `\n` may be written as two characters. */
export function escapes(format: string): string {
  return format.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
}

function headerRow(headers: Readonly<Record<string, string>>): Row {
  return { ...headers, Label: (name: unknown) => String(name).split('.').at(-1)?.replace(/[-_]/g, ' ') ?? '' };
}

function sorted(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => typeof value !== 'function').sort(([left], [right]) => (left < right ? -1 : 1)));
}
