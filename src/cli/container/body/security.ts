import { readFileSync } from 'node:fs';
import { GantryError, messageOf } from '../../../base/errors.ts';

export interface Security { options: string[]; maskedPaths?: string[]; readonlyPaths?: string[] }

/** Reads seccomp profiles in, and turns `systempaths=unconfined` into empty path lists. Throws GantryError `invalid`. */
export function securityOptions(given: readonly string[]): Security {
  const security: Security = { options: [] };
  for (const option of given) {
    if (option === 'systempaths=unconfined') {
      security.maskedPaths = [];
      security.readonlyPaths = [];
      continue;
    }
    const separator = /[=:]/.exec(option)?.index ?? -1;
    const key = separator < 0 ? option : option.slice(0, separator);
    const value = separator < 0 ? '' : option.slice(separator + 1);
    if (separator < 0 && key !== 'no-new-privileges') throw new GantryError('invalid', `Invalid --security-opt: ${JSON.stringify(option)}`);
    const isFile = key === 'seccomp' && value !== 'unconfined' && value !== 'builtin';
    security.options.push(isFile ? `seccomp=${profile(value)}` : option);
  }
  return security;
}

function profile(path: string): string {
  try {
    return JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new GantryError('invalid', absent ? `opening seccomp profile (${path}) failed: open ${path}: no such file or directory` : `compacting json for seccomp profile (${path}) failed: ${messageOf(error)}`, { cause: error });
  }
}
