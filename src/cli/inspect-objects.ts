import { TemplateError } from '../base/template/lex.ts';
import type { Context } from './context.ts';
import { describe, ExitError } from './errors.ts';
import { escapedHtml } from './format/listing.ts';
import { templateOf } from './format/template-of.ts';
import { viewOf } from './structures/view.ts';

/** What was asked for by name: JSON, and the structure that it stands for to templates. */
export interface Found {
  type: string;
  json: unknown;
  /** It did not come as JSON, so that nothing but the structure's fields can be asked for. */
  made?: boolean;
}

/**
 * Prints what the engine tells of each name: an indented list, the same on one line with `json`, or a template applied to each.
 * What cannot be found or shown is told at the end, and the command then fails.
 */
export async function inspectObjects(context: Context, names: readonly string[], order: { format: string; fetch: (name: string) => Promise<Found> }): Promise<void> {
  const show = order.format === '' || order.format === 'json' ? undefined : shownBy(order.format);
  const found: Found[] = [];
  const lines: string[] = [];
  const failures: string[] = [];
  for (const name of names) {
    try {
      const each = await order.fetch(name);
      found.push(each);
      if (show !== undefined) lines.push(show(each));
    } catch (error) {
      failures.push(describe(error));
    }
  }
  // Docker's client ends a line even where it shows nothing.
  context.print(show === undefined ? shownWhole(found, order.format === '' ? 4 : 0) : lines.join('\n'));
  if (failures.length > 0) throw new ExitError(1, failures.join('\n'));
}

/** What did not come as JSON is written as Go's encoder does by default. */
function shownWhole(found: readonly Found[], indent: number): string {
  const text = JSON.stringify(found.map(({ json }) => json), null, indent);
  return found.some(({ made = false }) => made) ? escapedHtml(text) : text;
}

/** JSON of kinds that one request fetches. */
export async function foundAt(context: Context, type: string, request: Parameters<Context['api']['json']>[0]): Promise<Found> {
  return { type, json: await context.api.json(request) };
}

/** A template is applied to docker's structure and, if that lacks what the template asks for, to the JSON as it came. */
function shownBy(format: string): (found: Found) => string {
  const typed = templateOf(format);
  const raw = templateOf(format, { raw: true });
  return ({ type, json, made = false }) => {
    try {
      return typed(viewOf(type, json));
    } catch (error) {
      if (made || !(causeOf(error) instanceof TemplateError)) throw error;
      return raw(json);
    }
  };
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
