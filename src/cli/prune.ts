import { decimalSize } from './format/sizes.ts';
import type { Context } from './context.ts';
import { ExitError } from './errors.ts';
import { bool } from './grammar/flag.ts';
import { filterQuery, filters, type Filters } from './grammar/filters.ts';
import { ask } from './streams/prompt.ts';

export const pruneFlags = {
  filter: filters('Provide filter values (e.g. "until=<timestamp>")'),
  force: bool('Do not prompt for confirmation', { short: 'f' }),
};

/** Asks on the terminal; another answer than yes ends the command, which then has done what it was told to. */
export async function confirm(context: Context, warning: string, between = '\n'): Promise<void> {
  const answer = await ask(context, `${warning}${between}Are you sure you want to continue? [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new ExitError(0);
}

export interface Pruned { lines: string[]; bytes: number }

/** Calls a prune endpoint. `title` heads the list of what went, `field` holds it. */
export async function prune(context: Context, order: { noun: string; title: string; field: string; by: Filters; query?: Record<string, boolean | number | undefined> }): Promise<Pruned> {
  const by: Record<string, readonly string[]> = { ...order.by };
  for (const pair of context.config.pruneFilters ?? []) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, equals);
    if (equals > 0) by[key] = [...(by[key] ?? []), pair.slice(equals + 1)];
  }
  const report = await context.api.json<Record<string, unknown>>({ method: 'POST', path: `/${order.noun}/prune`, query: { ...order.query, ...filterQuery(by) } });
  const items = (report[order.field] as unknown[] | null | undefined) ?? [];
  const lines = items.map((item) => (typeof item === 'string' ? item : describeImage(item as { Untagged?: string; Deleted?: string })));
  return { lines: lines.length === 0 ? [] : [order.title, ...lines, ''], bytes: Number(report['SpaceReclaimed'] ?? 0) };
}

function describeImage({ Untagged: untagged, Deleted: deleted }: { Untagged?: string; Deleted?: string }): string {
  return untagged !== undefined && untagged !== '' ? `untagged: ${untagged}` : `deleted: ${deleted ?? ''}`;
}

export function printPruned(context: Context, parts: readonly Pruned[], withSpace = true): void {
  for (const { lines } of parts) for (const line of lines) context.print(line);
  if (withSpace) context.print(`Total reclaimed space: ${decimalSize(parts.reduce((sum, { bytes }) => sum + bytes, 0), 4)}`);
}
