import { GantryError } from '../../../base/errors.ts';
import { jsonSyntaxError } from '../http/json-error.ts';

/** The `platform` of newer queries is an OCI platform in JSON; in `os/arch/variant` form. @throws invalid */
export function decodePlatform(text: string): string | undefined {
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new GantryError('invalid', `failed to parse platform: ${jsonSyntaxError(text)}`);
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw new GantryError('invalid', 'failed to parse platform: it is no JSON object');
  const { os, architecture, variant } = (value ?? {}) as Record<string, unknown>;
  if (typeof os !== 'string' || typeof architecture !== 'string' || os === '' || architecture === '') {
    throw new GantryError('invalid', 'both OS and Architecture must be provided');
  }
  return [os, architecture, ...(typeof variant === 'string' && variant !== '' ? [variant] : [])].join('/');
}
