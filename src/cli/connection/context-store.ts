import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '../../base/errors.ts';

/** The address that a docker context names: `contexts/meta/<sha256 of the name>/meta.json` in the configuration directory. */
export function contextEndpoint(directory: string, name: string): string {
  // Loaded here: it takes longer than the rest of a short command, and few have a context.
  const id = process.getBuiltinModule('node:crypto').createHash('sha256').update(name).digest('hex');
  try {
    const meta = JSON.parse(readFileSync(join(directory, 'contexts', 'meta', id, 'meta.json'), 'utf8')) as { Endpoints?: { docker?: { Host?: string } } };
    const host = meta.Endpoints?.docker?.Host;
    if (typeof host === 'string' && host !== '') return host;
  } catch (error) {
    throw new GantryError('notFound', `context "${name}": context not found`, { cause: error, hint: 'Choose another with --context, or the default with --context default.' });
  }
  throw new GantryError('invalid', `context "${name}" has no docker endpoint`);
}
