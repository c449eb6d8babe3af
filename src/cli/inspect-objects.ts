import { hasKind } from '../base/errors.ts';
import type { Context } from './context.ts';
import { describe, ExitError } from './errors.ts';
import { templateOf } from './format/template-of.ts';
import { withKnownFields } from './known-fields.ts';

/** Fields that hold maps with free keys, in any object: an absent key there is no mistake of the person who wrote the template. */
const openMaps = new Set([
  'Labels', 'Annotations', 'Options', 'Networks', 'Ports', 'PortBindings', 'ExposedPorts', 'Volumes', 'Sysctls', 'Tmpfs', 'StorageOpt', 'DriverOpts', 'Runtimes', 'Data', 'LogConfig.Config', 'Containers', 'Status',
]);

/**
 * Prints what the engine tells of each name: an indented list, the same on one line with `json`, or a template applied to each.
 * What cannot be found is told at the end, and the command then fails.
 */
export async function inspectObjects(context: Context, names: readonly string[], order: { format: string; fetch: (name: string) => Promise<unknown> }): Promise<void> {
  const template = order.format === '' || order.format === 'json' ? undefined : templateOf(order.format, { openMaps, raw: true });
  const found: unknown[] = [];
  const failures: string[] = [];
  for (const name of names) {
    try {
      found.push(await order.fetch(name));
    } catch (error) {
      failures.push(describe(error));
      if (!hasKind(error, 'notFound')) break;
    }
  }
  if (order.format === '') context.print(JSON.stringify(found, null, 4));
  else if (template === undefined) context.print(JSON.stringify(found));
  else printEach(context, template, found);
  if (template !== undefined && found.length === 0 && failures.length > 0) context.print('');
  if (failures.length > 0) throw new ExitError(1, failures.join('\n'));
}

/** Docker's client ends the line of what was printed before it tells of a failure. */
function printEach(context: Context, template: (value: unknown) => string, values: readonly unknown[]): void {
  for (const value of values) {
    try {
      context.print(template(typeof value === 'object' && value !== null ? withKnownFields(value as Record<string, unknown>) : value));
    } catch (error) {
      context.print('');
      throw error;
    }
  }
}
