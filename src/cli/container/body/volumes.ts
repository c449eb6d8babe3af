import { resolve } from 'node:path';
import { GantryError } from '../../../base/errors.ts';

/** `-v`: what has a source is a bind (or a named volume), what has only a target is an anonymous volume. */
export function parseVolumes(specs: readonly string[]): { binds: string[]; anonymous: Record<string, object> } {
  const binds: string[] = [];
  const anonymous: Record<string, object> = {};
  for (const spec of specs) {
    const parts = spec.split(':');
    if (spec === '' || parts.some((part) => part === '')) throw new GantryError('invalid', `invalid spec: ${spec}: empty section between colons`);
    if (parts.length > 3) throw new GantryError('invalid', `invalid spec: ${spec}: too many colons`);
    const [source = '', ...rest] = parts;
    if (rest.length === 0) anonymous[source] = {};
    else binds.push([absolute(source), ...rest].join(':'));
  }
  return { binds, anonymous };
}

/** A relative path means one of the client's; the engine would take it for a volume's name. */
function absolute(source: string): string {
  if (source === '~' || source.startsWith('~/')) return resolve(process.env['HOME'] ?? '/', source.slice(2));
  return source.startsWith('.') ? resolve(source) : source;
}
