import { jsonText } from './json-text.ts';
import { sprintf } from './printf.ts';
import { formatted, keyTypeOf, truth } from './values.ts';

/** What an argument must be. */
export type Kind = 'string' | 'int' | '[]string';

type TemplateFunction = (...args: unknown[]) => unknown;

/** Go's predefined functions and docker's own. `and` and `or` are evaluated where they stand, since they stop early. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  and: (...args) => args.at(-1),
  or: (...args) => args.at(-1),
  not: (value) => !truth(value),
  eq: (first, ...others) => {
    if (others.length === 0) throw new Error('missing argument for comparison');
    return others.some((other) => equal(first, other));
  },
  ne: (left, right) => !equal(left, right),
  lt: (left, right) => order(left, right) < 0,
  le: (left, right) => order(left, right) <= 0,
  gt: (left, right) => order(left, right) > 0,
  ge: (left, right) => order(left, right) >= 0,
  index: (value, ...keys) => keys.reduce(indexed, value),
  slice: sliced,
  len: lengthOf,
  print: (...args) => spaced(args),
  printf: (format, ...args) => sprintf(textual(format), args),
  println: (...args) => `${args.map(formatted).join(' ')}\n`,
  html: (...args) => escapeHtml(spaced(args)),
  js: (...args) => escapeScript(spaced(args)),
  urlquery: (...args) => encodeURIComponent(spaced(args)).replaceAll('%20', '+'),
  json: (value) => jsonText(value),
  split: (text, separator) => textual(text).split(textual(separator)),
  join: (items, separator) => listed(items).map(textual).join(textual(separator)),
  title: (text) => textual(text).replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase()),
  lower: (text) => textual(text).toLowerCase(),
  upper: (text) => textual(text).toUpperCase(),
  pad: (text, before, after) => (textual(text) === '' ? '' : ' '.repeat(Number(before)) + textual(text) + ' '.repeat(Number(after))),
  truncate: (text, length) => textual(text).slice(0, Number(length)),
};

/** How many arguments a function takes, where that is not left to it, and what the first ones must be. */
export const signatures: Readonly<Record<string, { least: number; most: number; takes?: readonly (Kind | undefined)[] }>> = {
  not: { least: 1, most: 1 }, ne: { least: 2, most: 2 }, lt: { least: 2, most: 2 }, le: { least: 2, most: 2 }, gt: { least: 2, most: 2 }, ge: { least: 2, most: 2 },
  and: { least: 1, most: Infinity }, or: { least: 1, most: Infinity }, eq: { least: 1, most: Infinity }, index: { least: 1, most: Infinity }, slice: { least: 1, most: Infinity }, len: { least: 1, most: 1 }, printf: { least: 1, most: Infinity, takes: ['string'] },
  call: { least: 1, most: Infinity }, json: { least: 1, most: 1 }, split: { least: 2, most: 2, takes: ['string', 'string'] }, join: { least: 2, most: 2, takes: ['[]string', 'string'] }, title: { least: 1, most: 1, takes: ['string'] }, lower: { least: 1, most: 1, takes: ['string'] },
  upper: { least: 1, most: 1, takes: ['string'] }, pad: { least: 3, most: 3, takes: ['string', 'int', 'int'] }, truncate: { least: 2, most: 2, takes: ['string', 'int'] },
};

function equal(left: unknown, right: unknown): boolean {
  if (typeof left === 'object' && left !== null && typeof right === 'object' && right !== null) throw new Error('non-comparable types for comparison');
  if (left === null || left === undefined) return right === null || right === undefined;
  if (right === null || right === undefined) return false;
  if (typeof left !== typeof right) throw new Error('incompatible types for comparison');
  return left === right;
}

function order(left: unknown, right: unknown): number {
  if (typeof left !== typeof right) throw new Error('incompatible types for comparison');
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  throw new Error('invalid type for comparison');
}

function indexed(value: unknown, key: unknown): unknown {
  if (value === null || value === undefined) throw new Error('index of untyped nil');
  if (Array.isArray(value) || typeof value === 'string') {
    if (typeof key !== 'number') throw new Error(`cannot index slice/array with type ${typeof key}`);
    if (key === value.length) throw new Error(`reflect: ${typeof value === 'string' ? 'string' : 'slice'} index out of range`);
    if (key < 0 || key > value.length) throw new Error(`index out of range: ${key}`);
    return typeof value === 'string' ? value.charCodeAt(key) : (value as unknown[])[key];
  }
  const keyType = keyTypeOf(value);
  if (keyType !== undefined && typeof key === 'string') throw new Error(`value has type string; should be ${keyType}`);
  if (typeof value !== 'object') throw new Error(`can't index item of type ${typeof value}`);
  // A missing key of a map of strings is the empty string in Go; nothing else can be told from JSON.
  return Object.hasOwn(value, String(key)) ? (value as Record<string, unknown>)[String(key)] : Object.values(value).some((item) => typeof item !== 'string') ? undefined : '';
}

function sliced(value: unknown, from: unknown = 0, to?: unknown): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) throw new Error(`can't slice item of type ${typeof value}`);
  const bounds = [Number(from), to === undefined ? value.length : Number(to)];
  for (const bound of bounds) if (bound < 0 || bound > value.length) throw new Error(`index out of range: ${bound}`);
  if ((bounds[0] ?? 0) > (bounds[1] ?? 0)) throw new Error(`invalid slice index: ${bounds[0]} > ${bounds[1]}`);
  return value.slice(bounds[0], bounds[1]);
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw new Error(value === null || value === undefined ? 'len of nil pointer' : `len of type ${typeof value === 'number' ? 'int' : typeof value}`);
}

/** Go's Sprint: a space between operands when neither is a string. */
function spaced(args: readonly unknown[]): string {
  return args.map((value, index) => (index > 0 && typeof value !== 'string' && typeof args[index - 1] !== 'string' ? ' ' : '') + formatted(value)).join('');
}

function textual(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`wrong type for value; expected string; got ${value === null || value === undefined ? 'nil' : typeof value}`);
  return value;
}

function listed(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`wrong type for value; expected []string; got ${typeof value}`);
  return value;
}

const html: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => html[letter] ?? letter);
}

/** Letters that could end a script or an attribute, as Go writes them. */
function escapeScript(text: string): string {
  const plain: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' };
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\\'"<>&=\x00-\x1f\x7f]/g, (letter) => plain[letter] ?? `\\u${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
}
