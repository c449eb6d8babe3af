import { hasKind } from '../base/errors.ts';
import type { Context } from './context.ts';
import { describe, ExitError } from './errors.ts';
import { guarded } from './format/listing.ts';
import { compile } from './template/evaluate.ts';

/** Fields that hold maps with free keys, in any object: an absent key there is no mistake of the person who wrote the template. */
const openMaps = new Set([
  'Labels', 'Annotations', 'Options', 'Networks', 'Ports', 'PortBindings', 'ExposedPorts', 'Volumes', 'Sysctls', 'Tmpfs', 'StorageOpt', 'DriverOpts', 'Runtimes', 'Data', 'Config', 'Containers', 'Status',
]);

/**
 * Prints what the engine tells of each name: an indented list, one JSON line each with `json`, or a template applied to each.
 * What cannot be found is told at the end, and the command then fails.
 */
export async function inspectObjects(context: Context, names: readonly string[], order: { format: string; fetch: (name: string) => Promise<unknown> }): Promise<void> {
  const compiled = order.format === '' || order.format === 'json' ? undefined : guarded(() => compile(order.format, { openMaps }));
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
  else if (compiled === undefined) for (const value of found) context.print(JSON.stringify(value));
  else for (const value of found) context.print(guarded(() => compiled.execute(value)));
  if (compiled !== undefined && found.length === 0 && failures.length > 0) context.print('');
  if (failures.length > 0) throw new ExitError(1, failures.join('\n'));
}
